import { rateWindow } from 'rx-groq';
import { map, range } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';
import { wakesOf } from './support/wakes.js';

marbles('Ten thousand in line set one timer an admission', (helpers, virtual) => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const { scheduler, wakes$ } = wakesOf(virtual);
  const crowd = range(0, 10_000).pipe(map(() => 'x'));
  const late = cold('   -x');
  const subs = '        ^------------!';
  //  1 per 5 ms        x----x----x
  const expected = '    x----x----x---';
  const wakes = '       -----w----w---';
  const unsub = '       ^------------!';
  const paced = rateWindow<string>({ limit: 1, per: 5 }, { scheduler });
  expectObservable(crowd.pipe(paced), unsub).toBe(expected);
  expectObservable(late.pipe(paced), unsub).toBe('--------------');
  expectObservable(wakes$).toBe(wakes);
  expectSubscriptions(late.subscriptions).toBe(subs);
});

marbles('Who leaves a line that waits leaves no timer behind', (helpers, virtual) => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const { scheduler, wakes$ } = wakesOf(virtual);
  const source = cold(' (ab)');
  const subs = '        ^--!';
  //  1 per 5 ms        a----|
  const expected = '    a---';
  const unsub = '       ^--!';
  const wakes = '       ------';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: 5 }, { scheduler })), unsub).toBe(expected);
  expectObservable(wakes$).toBe(wakes);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Of a thousand in line any may step out, and the rest go as if it had never come', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold(' (hX.|)', answer);
  const firstSubs = '     (^!)';
  const lastSubs = '      -----(^!)';
  const client = clientOf({ windows: [{ limit: 1, per: 5 }] }, { x: response });
  //  1 per 5 ms           x----|            998 step out at 3, the last goes at 5
  const leaves = '        ^--!';
  const first = '         (x|)';
  const others = '        ----';
  const last = '          -----(x|)';
  const request = client.complete(ask('x')).pipe(map(() => 'x'));
  expectObservable(request).toBe(first);
  for (let more = 0; more < 998; more++) expectObservable(request, leaves).toBe(others);
  expectObservable(request).toBe(last);
  expectSubscriptions(response.subscriptions).toBe([firstSubs, lastSubs]);
});
