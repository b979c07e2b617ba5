import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDeltas } from 'rx-groq';
import { fakeChatClient } from 'rx-groq/testing';
import { map, merge, timer, VirtualTimeScheduler } from 'rxjs';
import { config, marbleKit, request } from './marbleKit.js';

marbleKit(test);

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
