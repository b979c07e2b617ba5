/**
 * A search box that asks while one types, and its specification in marble diagrams: no network, no waiting.
 *
 *   node --import tsx --test examples/marbles.test.ts
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatClient, scanText } from 'rx-groq';
import { fakeChatClient } from 'rx-groq/testing';
import { debounceTime, type Observable, switchMap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

/** The growing answer to what has been typed; typing on cancels the request, wherever it is. */
function suggestions(typed$: Observable<string>, client: ChatClient): Observable<string> {
  return typed$.pipe(
    debounceTime(5),
    switchMap(content =>
      client
        .stream({ model: 'any', messages: [{ role: 'user', content }], max_completion_tokens: 20, priority: 1 })
        .pipe(scanText()),
    ),
  );
}

const marbles = () => new TestScheduler((actual, expected) => assert.deepEqual(actual, expected));

test('answers grow, and typing on cancels the request', () => {
  marbles().run(({ cold, hot, expectObservable, expectSubscriptions }) => {
    const answer = cold('      --a-b--c|');
    const client = fakeChatClient({ answer: () => answer });
    const typed$ = hot('  s-----s-----------------------|');
    //                    5 ms later it is asked
    const texts = '       -----0-1-2-0-1-2--33----------|'; // the last chunk has no text
    const first = '       -----^-----!';
    const second = '      -----------^-------!';
    const values = { 0: '', 1: 'a', 2: 'ab', 3: 'abc' };
    expectObservable(suggestions(typed$, client)).toBe(texts, values);
    expectSubscriptions(answer.subscriptions).toBe([first, second]);
  });
});

test('a second question waits for its turn under the limit', () => {
  marbles().run(({ cold, hot, expectObservable }) => {
    const windows = [{ limit: 1, per: '1m' }];
    const client = fakeChatClient({
      answer: () => cold('--a|'),
      config: { any: { base_url: 'http://fake.invalid/v1', windows } },
    });
    const typed$ = hot('s-----------s');
    //                       counted until a minute after the head of its answer
    const texts = '     -----0-11--------0 59991ms 11';
    expectObservable(suggestions(typed$, client), '^ 2m !').toBe(texts, { 0: '', 1: 'a' });
  });
});
