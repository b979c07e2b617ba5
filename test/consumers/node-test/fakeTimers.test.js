import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDeltas } from 'rx-groq';
import { fakeChatClient } from 'rx-groq/testing';
import { asyncScheduler, map, merge, timer } from 'rxjs';
import { config, request } from './marbleKit.js';

// node:test fakes setInterval and Date, but not performance.now, by which the client measures unless it is given a scheduler.
test('fake timers', context => {
  context.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  // What a timer starts counts from the end of the tick, so these are short.
  const pass = seconds => {
    for (let i = 0; i < seconds; i++) context.mock.timers.tick(1000);
  };
  const sent = [];
  const client = fakeChatClient({
    config,
    answer: () => timer(5000).pipe(map(() => 'late')),
    scheduler: asyncScheduler,
  });
  merge(client.stream(request), client.stream(request))
    .pipe(contentDeltas())
    .subscribe(text => sent.push(text));
  pass(5);
  assert.deepEqual(sent, ['late']);
  pass(54);
  assert.deepEqual(sent, ['late']);
  pass(7);
  assert.deepEqual(sent, ['late', 'late']);
});
