import {
  assertInInjectionContext,
  computed,
  DestroyRef,
  inject,
  NgZone,
  PendingTasks,
  PLATFORM_ID,
  type Signal,
  signal,
  untracked,
} from '@angular/core';
import { exhaustMap, Subject, type Subscription, take } from 'rxjs';
import type { ChatProgress } from '../client/index.js';
import type { ChatFailure } from '../errors/index.js';
import type { ChatCompletion, ChatMessage, ChatRequest } from '../request/index.js';
import { FRAME } from './frame.js';
import { injectChatClient } from './injectChatClient.js';

export interface ChatOptions {
  /** Asked anew for each message, so that a signal can be given. */
  readonly model: string | (() => string);
  /** What the model is told before all messages. */
  readonly system?: string | (() => string | undefined);
  /** Further fields of each request: `max_completion_tokens`, `priority`, … */
  readonly request?: ChatRequestFields | (() => ChatRequestFields);
  /** Ask while a page is rendered on the server, too; the page then waits for the answer. @default false */
  readonly onServer?: boolean;
}

type ChatRequestFields = Partial<Omit<ChatRequest, 'model' | 'messages'>>;

/** How far the answer is. */
export type ChatStatus =
  | { readonly state: 'idle' }
  /** In line, as `client.watch` tells it; `position` is null until the request stands there. */
  | {
      readonly state: 'queued';
      readonly position: number | null;
      readonly etaMs: number | null;
      readonly waitingFor: string;
    }
  | { readonly state: 'sent' }
  | { readonly state: 'streaming' }
  | { readonly state: 'done'; readonly completion: ChatCompletion }
  /** By `stop`. */
  | { readonly state: 'stopped' }
  | { readonly state: 'error'; readonly error: ChatFailure };

/** A conversation as signals. */
export interface Chat {
  /** What has been said; an answer joins when it has ended or was stopped. The system text is not among it. */
  readonly messages: Signal<readonly ChatMessage[]>;
  /** The newest answer: it grows while it comes, and stays until the next is asked for. */
  readonly answer: Signal<string>;
  readonly status: Signal<ChatStatus>;
  /** An answer is coming in. */
  readonly streaming: Signal<boolean>;
  /** An answer is waited for, or coming in: there is something to stop. */
  readonly busy: Signal<boolean>;
  /** 1 = next; null for one that is not in line. */
  readonly queuePosition: Signal<number | null>;
  readonly error: Signal<ChatFailure | undefined>;
  /** Says something (what a user types, or a message with parts) and asks for the answer. Stops the answer before. */
  send(message: string | ChatMessage): void;
  /** Cancels, wherever the request is. What has come of the answer joins the messages. */
  stop(): void;
  /** Asks again for the newest answer, and forgets what came of it. */
  retry(): void;
  /** Stops and forgets all. */
  clear(): void;
}

interface State {
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
  readonly status: ChatStatus;
}

const fresh: State = { messages: [], answer: '', status: { state: 'idle' } };
const entering: ChatStatus = { state: 'queued', position: null, etaMs: null, waitingFor: 'its turn' };
const streaming: ChatStatus = { state: 'streaming' };

/**
 * A conversation with a model. Ends with its injection context: a component that is destroyed cancels what it has asked.
 *
 * ```ts
 * class ChatPage {
 *   readonly chat = injectChat({ model: 'openai/gpt-oss-20b', system: 'Be brief.' });
 * }
 * // in its template: chat.messages(), chat.answer(), chat.status(); (click)="chat.send(text)", chat.stop()
 * ```
 * However fast an answer comes, signals change once a frame.
 *
 * On the server nothing is sent unless `onServer` is set; with it, the page is rendered when the answer is there.
 */
export function injectChat(options: ChatOptions): Chat {
  assertInInjectionContext(injectChat);
  const client = injectChatClient();
  const zone = inject(NgZone);
  const pendingTasks = inject(PendingTasks);
  const frame$ = inject(FRAME);
  const silent = inject(PLATFORM_ID) === 'server' && !options.onServer;

  const shown = signal(fresh);
  /** The newest state; shown in the next frame at the latest. */
  let newest = fresh;
  const changed$ = new Subject<void>();
  let asking: Subscription | undefined;
  /** Told to Angular from asking until the end is shown. */
  let taskDone: (() => void) | undefined;
  let destroyed = false;

  const show = (): void => {
    shown.set(newest);
    if (isBusy(newest)) return;
    taskDone?.();
    taskDone = undefined;
  };
  // take(1): a frame that completes later than it comes would swallow what changes in between.
  const frames = changed$.pipe(exhaustMap(() => frame$.pipe(take(1)))).subscribe(show);
  const change = (to: Partial<State>): void => {
    newest = { ...newest, ...to };
    changed$.next();
  };
  const follow = (progress: ChatProgress): void => {
    if (progress.state === 'streaming') change({ answer: progress.text, status: streaming });
    else if (progress.state === 'done') {
      const { text: answer, completion } = progress;
      change({ ...withAnswer({ ...newest, answer }), status: { state: 'done', completion } });
    } else change({ answer: '', status: progress }); // a request that is sent again begins anew
  };
  const ask = (messages: readonly ChatMessage[]): void => {
    if (silent || destroyed) return;
    newest = { messages, answer: '', status: entering };
    taskDone ??= pendingTasks.add();
    const fail = (error: ChatFailure): void => change({ status: { state: 'error', error } });
    // Outside of zone.js: what moves here is shown by signals alone.
    asking = zone.runOutsideAngular(() =>
      client.watch(requestOf(options, messages)).subscribe({ next: follow, error: fail }),
    );
    show();
  };
  const stop = (): void => {
    if (!isBusy(newest)) return;
    asking?.unsubscribe();
    newest = { ...withAnswer(newest), status: { state: 'stopped' } };
    show();
  };

  inject(DestroyRef).onDestroy(() => {
    destroyed = true;
    asking?.unsubscribe();
    frames.unsubscribe();
    taskDone?.();
  });

  return {
    messages: computed(() => shown().messages),
    answer: computed(() => shown().answer),
    status: computed(() => shown().status),
    streaming: computed(() => shown().status.state === 'streaming'),
    busy: computed(() => isBusy(shown())),
    queuePosition: computed(() => {
      const { status } = shown();
      return status.state === 'queued' ? status.position : null;
    }),
    error: computed(() => {
      const { status } = shown();
      return status.state === 'error' ? status.error : undefined;
    }),
    send: message =>
      untracked(() => {
        stop();
        ask([...newest.messages, typeof message === 'string' ? { role: 'user', content: message } : message]);
      }),
    stop: () => untracked(stop),
    retry: () =>
      untracked(() => {
        stop();
        const asked = newest.messages.findLastIndex(({ role }) => role !== 'assistant');
        if (asked >= 0) ask(newest.messages.slice(0, asked + 1));
      }),
    clear: () =>
      untracked(() => {
        asking?.unsubscribe();
        newest = fresh;
        show();
      }),
  };
}

function isBusy({ status: { state } }: State): boolean {
  return state === 'queued' || state === 'sent' || state === 'streaming';
}

/** What has come of the answer becomes a message. */
function withAnswer(state: State): State {
  const { messages, answer } = state;
  return answer === '' ? state : { ...state, messages: [...messages, { role: 'assistant', content: answer }] };
}

function requestOf({ model, system, request }: ChatOptions, messages: readonly ChatMessage[]): ChatRequest {
  const told = typeof system === 'function' ? system() : system;
  return {
    ...(typeof request === 'function' ? request() : request),
    model: typeof model === 'function' ? model() : model,
    messages: told === undefined ? messages : [{ role: 'system', content: told }, ...messages],
  };
}
