import { assertInInjectionContext } from '@angular/core';
import { map } from 'rxjs';
import type { ChatRequest } from '../request/index.js';
import { streaming } from './ChatStatus.js';
import { type ChatResource, type ChatResourceOptions, progressResource } from './progressResource.js';

/**
 * The answer to a request that is made of signals, as one of Angular's resources: its value is the text, '' at first, and grows once a frame
 * while it comes.
 *
 * ```ts
 * readonly town = signal('');
 * readonly history = chatResource(() =>
 *   this.town() ? { model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content: `Tell of ${this.town()}.` }] } : undefined,
 * );
 * // in its template: history.value(), history.progress(), history.error(); (click)="history.stop()", history.reload()
 * ```
 * - A request that changes cancels the one before; `undefined` asks for nothing, and the resource is `idle`.
 * - `progress` knows more than Angular's `status`: `queued` with place and `etaMs`, `sent`, `streaming`, `done` with the completion.
 * - It ends with its injection context. On the server nothing is sent unless `onServer` is set; with it the page waits for the whole answer.
 *
 * **Gotcha**: as with every resource, `value()` throws where the request has failed; look at `hasValue()` or `error()` first.
 * @see injectChat for a conversation, objectResource for data
 */
export function chatResource(
  request: () => ChatRequest | undefined,
  options: ChatResourceOptions = {},
): ChatResource<string> {
  if (!options.injector) assertInInjectionContext(chatResource);
  return progressResource<string>({
    ...options,
    request,
    empty: '',
    read: map(progress => {
      if (progress.state === 'streaming') return { status: streaming, value: progress.text };
      if (progress.state !== 'done') return { status: progress, value: undefined };
      return { status: { state: 'done', completion: progress.completion }, value: progress.text };
    }),
  });
}
