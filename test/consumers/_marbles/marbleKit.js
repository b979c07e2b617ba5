/** What holds under every test runner: each calls these with its own `test`, and with its own timers where it can fake them. */

import assert from 'node:assert/strict';
import { contentDeltas, toText } from 'rx-groq';
import { ChatTestingController, fakeChatClient } from 'rx-groq/testing';
import { map, merge, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

const once = { limit: 1, per: '1m' };
export const config = { any: { base_url: 'http://fake.invalid/v1', windows: [once] } };
export const request = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };

export function marbleKit(test) {
  test('a marble diagram of a paced pipeline, in virtual time', () => {
    new TestScheduler((actual, expected) => assert.deepEqual(actual, expected)).run(helpers => {
      const { cold, expectObservable } = helpers;
      const client = fakeChatClient({ config, answer: () => cold('--a-b|') });
      const both$ = merge(client.stream(request), client.stream(request)).pipe(contentDeltas());
      expectObservable(both$).toBe('--a-b 59997ms --a-b|');
    });
  });

  test('the network in hand', () => {
    const network = new ChatTestingController();
    const texts = [];
    fakeChatClient({ answer: network.answer })
      .stream(request)
      .pipe(toText())
      .subscribe(text => texts.push(text));
    network.expectOne('Hello').flush(['Hi', '!']);
    network.verify();
    assert.deepEqual(texts, ['Hi!']);
  });
}

/** @param timers of Jest, or those of vitest, which are the same */
export function fakeTimers(test, timers) {
  test('fake timers', () => {
    timers.useFakeTimers();
    const sent = [];
    const client = fakeChatClient({ config, answer: () => timer(5000).pipe(map(() => 'late')) });
    merge(client.stream(request), client.stream(request))
      .pipe(contentDeltas())
      .subscribe(text => sent.push(text));
    timers.advanceTimersByTime(5000);
    assert.deepEqual(sent, ['late']);
    timers.advanceTimersByTime(54_000);
    assert.deepEqual(sent, ['late']);
    timers.advanceTimersByTime(1500);
    timers.advanceTimersByTime(5000);
    assert.deepEqual(sent, ['late', 'late']);
    timers.useRealTimers();
  });
}
