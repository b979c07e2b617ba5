import {
  assertInInjectionContext,
  computed,
  DestroyRef,
  inject,
  NgZone,
  PendingTasks,
  PLATFORM_ID,
  type Signal,
  untracked,
} from '@angular/core';
import type { Subscription } from 'rxjs';
import type { ChatProgress } from '../client/index.js';
import type { ChatFailure } from '../errors/index.js';
import type { ChatMessage, ChatRequest } from '../request/index.js';
import { type ChatStatus, entering, idle, isBusy, stopped, streaming } from './ChatStatus.js';
import { FRAME } from './frame.js';
import { framed } from './framed.js';
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

const fresh: State = { messages: [], answer: '', status: idle };

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
  const silent = inject(PLATFORM_ID) === 'server' && !options.onServer;

  let asking: Subscription | undefined;
  /** Told to Angular from asking until the end is shown. */
  let taskDone: (() => void) | undefined;
  let destroyed = false;
  const talk = framed(fresh, inject(FRAME), ({ status }) => {
    if (isBusy(status)) return;
    taskDone?.();
    taskDone = undefined;
  });
  const { shown, change, show } = talk;

  const follow = (progress: ChatProgress): void => {
    if (progress.state === 'streaming') change({ answer: progress.text, status: streaming });
    else if (progress.state === 'done') {
      const { text: answer, completion } = progress;
      change({ ...withAnswer({ ...talk.newest, answer }), status: { state: 'done', completion } });
    } else change({ answer: '', status: progress }); // a request that is sent again begins anew
  };
  const ask = (messages: readonly ChatMessage[]): void => {
    if (silent || destroyed) return;
    taskDone ??= pendingTasks.add();
    const fail = (error: ChatFailure): void => change({ status: { state: 'error', error } });
    show({ messages, answer: '', status: entering });
    // Outside of zone.js: what moves here is shown by signals alone.
    asking = zone.runOutsideAngular(() =>
      client.watch(requestOf(options, messages)).subscribe({ next: follow, error: fail }),
    );
  };
  const stop = (): void => {
    if (!isBusy(talk.newest.status)) return;
    asking?.unsubscribe();
    show({ ...withAnswer(talk.newest), status: stopped });
  };

  inject(DestroyRef).onDestroy(() => {
    destroyed = true;
    asking?.unsubscribe();
    talk.end();
    taskDone?.();
  });

  return {
    messages: computed(() => shown().messages),
    answer: computed(() => shown().answer),
    status: computed(() => shown().status),
    streaming: computed(() => shown().status.state === 'streaming'),
    busy: computed(() => isBusy(shown().status)),
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
        ask([...talk.newest.messages, typeof message === 'string' ? { role: 'user', content: message } : message]);
      }),
    stop: () => untracked(stop),
    retry: () =>
      untracked(() => {
        stop();
        const { messages } = talk.newest;
        const asked = messages.findLastIndex(({ role }) => role !== 'assistant');
        if (asked >= 0) ask(messages.slice(0, asked + 1));
      }),
    clear: () =>
      untracked(() => {
        asking?.unsubscribe();
        show(fresh);
      }),
  };
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
