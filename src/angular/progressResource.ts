import {
  computed,
  Injector,
  inject,
  NgZone,
  PendingTasks,
  PLATFORM_ID,
  type ResourceRef,
  type ResourceStreamItem,
  resource,
  type Signal,
  signal,
  untracked,
} from '@angular/core';
import type { Observable } from 'rxjs';
import type { ChatProgress } from '../client/index.js';
import type { ChatRequest } from '../request/index.js';
import { type ChatStatus, entering, idle, isBusy, stopped } from './ChatStatus.js';
import { FRAME } from './frame.js';
import { type Framed, framed } from './framed.js';
import { CHAT_CLIENT } from './injectChatClient.js';

export interface ChatResourceOptions {
  /** Ask while a page is rendered on the server, too; the page then waits for the answer. @default false */
  readonly onServer?: boolean;
  /** Whose client is asked, and with which it ends. @default the current injection context */
  readonly injector?: Injector;
}

/** One of Angular's resources whose value grows while the answer comes. */
export interface ChatResource<T> extends ResourceRef<T> {
  /** How far the answer is. Angular's own `status` says `loading` for all that comes before its first part, and then `resolved`. */
  readonly progress: Signal<ChatStatus>;
  /** Cancels, wherever the request is. What has come stays, as a `local` value. */
  stop(): void;
}

/** What a load has so far; `value` is undefined until there is something to show. */
export interface Load<T> {
  readonly status: ChatStatus;
  readonly value: T | undefined;
}

interface Recipe<T> extends ChatResourceOptions {
  readonly request: () => ChatRequest | undefined;
  readonly empty: T;
  /** Makes a load's changes of its progress. */
  readonly read: (progress$: Observable<ChatProgress>) => Observable<Partial<Load<T>>>;
}

/** What `chatResource` and `objectResource` have in common. */
export function progressResource<T>({ request, empty, read, onServer, injector }: Recipe<T>): ChatResource<T> {
  const own = injector ?? inject(Injector);
  const client = own.get(CHAT_CLIENT);
  const zone = own.get(NgZone);
  const frame$ = own.get(FRAME);
  const pendingTasks = own.get(PendingTasks);
  const silent = own.get(PLATFORM_ID) === 'server' && !onServer;

  const asked = computed(() => (silent ? undefined : request()));
  /** The newest load, and what it asks for. */
  const current = signal<{ readonly params: ChatRequest; readonly load: Framed<Load<T>> } | undefined>(undefined);

  const stream = (params: ChatRequest, abort: AbortSignal): Promise<Signal<ResourceStreamItem<T>>> =>
    new Promise(resolve => {
      const taskDone = pendingTasks.add(); // Angular's own ends with the first part
      const load = framed<Load<T>>({ status: entering, value: undefined }, frame$, ({ status, value }) => {
        if (!isBusy(status)) taskDone();
        if (!isBusy(status) || value !== undefined) resolve(items);
      });
      const items = computed(() => itemOf(load.shown(), empty));
      current.set({ params, load });
      const asking = zone.runOutsideAngular(() =>
        read(client.watch(params)).subscribe({
          next: load.change,
          error: error => load.change({ status: { state: 'error', error } }),
        }),
      );
      abort.addEventListener('abort', () => {
        asking.unsubscribe();
        load.end();
        if (isBusy(load.newest.status)) load.show({ ...load.newest, status: stopped });
        taskDone();
      });
    });
  const ref = resource({
    params: asked,
    stream: ({ params, abortSignal }) => stream(params, abortSignal),
    defaultValue: empty as NoInfer<T>,
    injector: own,
  });

  const progress = computed(() => {
    if (ref.status() === 'idle') return idle;
    const { params, load } = current() ?? {};
    const status = load?.shown().status ?? idle;
    // Angular loads at its next turn; until then the newest load is that of a request before.
    return ref.isLoading() && !(params === asked() && isBusy(status)) ? entering : status;
  });
  const stop = (): void => {
    if (isBusy(untracked(progress))) ref.set(untracked(ref.value));
  };
  return Object.assign(ref, { progress, stop });
}

function itemOf<T>({ status, value }: Load<T>, empty: T): ResourceStreamItem<T> {
  return status.state === 'error' ? { error: status.error } : { value: value ?? empty };
}
