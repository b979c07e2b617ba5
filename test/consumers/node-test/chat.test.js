import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDeltas, toText } from 'rx-groq';
import { ChatTestingController, fakeChatClient } from 'rx-groq/testing';
import { map, merge, timer, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

const once = { limit: 1, per: '1m' };
const config = { any: { base_url: 'http://fake.invalid/v1', windows: [once] } };
const request = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] };

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

test('a clock in hand', () => {
  const scheduler = new VirtualTimeScheduler();
  const times = [];
  const client = fakeChatClient({ config, scheduler, answer: () => timer(5000, scheduler).pipe(map(() => 'late')) });
  merge(client.stream(request), client.stream(request))
    .pipe(contentDeltas())
    .subscribe(() => times.push(scheduler.now()));
  scheduler.flush();
  assert.deepEqual(times, [5000, 65_020]);
});
