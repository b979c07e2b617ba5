import { rateWindow, rateWindowMap } from 'rx-groq';
import { marbles } from './support/marbles.js';
import { wakesOf } from './support/wakes.js';

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(`What fits goes in the same turn (${kind})`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold(' (abc|)');
    const subs = '        (^!)';
    //  3 per 9 ms        abc
    const expected = '    (abc|)';
    expectObservable(source.pipe(rateWindow({ limit: 3, per: 9, kind }))).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

// The guide's own example: 35 requests at 30 a minute.
const requests = 'abcdefghijklmnopqrstuvwxyzABCDEFGHI';
const [first30, last5] = [requests.slice(0, 30), requests.slice(30)];

marbles('Of 35 requests at 30 a minute a bucket lets 30 go at once and one every 2 s: done after 10 s', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(`(${requests}|)`);
  const subs = '       (^!)';
  const [v, w, x, y, z] = last5;
  const expected = `   (${first30}) 1968ms ${v} 1999ms ${w} 1999ms ${x} 1999ms ${y} 1999ms (${z}|)`;
  expectObservable(source.pipe(rateWindow({ limit: 30, per: '1m', kind: 'bucket' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('Of 35 requests at 30 a minute a sliding window lets 30 go at once and 5 after a minute', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(`(${requests}|)`);
  const subs = '       (^!)';
  const expected = `   (${first30}) 59968ms (${last5}|)`;
  expectObservable(source.pipe(rateWindow({ limit: 30, per: '1m' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('What does not fit goes at the first instant at which it fits in every window', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' abcd|');
  const subs = '        ^---!';
  //  2 per 5 ms        a----|  c----|            lets c go at 5, but
  //                     b----|     d----|
  //  1 in 3 ms         a--|--|--|--|             lets one go every 3 ms
  const expected = '    a--b--c--(d|)';
  const windows = [
    { limit: 2, per: 5 },
    { limit: 1, per: 3, kind: 'bucket' },
  ] as const;
  expectObservable(source.pipe(rateWindow(windows))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('An early acknowledgement lets the next go earlier, at that very instant', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('  (ab|)');
  const subs = '         (^!)';
  const responses = {
    a: cold('            -a------|'),
    b: cold('                  -b|'),
  };
  //  1 per 5 ms         aA----|               a head after 1 ms: counted until 6, not until 2005
  const asubs = '        ^-------!';
  const bsubs = '        ------^-!';
  const expected = '     -a-----b|';
  const operator = rateWindowMap({ limit: 1, per: 5 }, (value: string) => responses[value as 'a' | 'b']);
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(responses.a.subscriptions).toBe(asubs);
  expectSubscriptions(responses.b.subscriptions).toBe(bsubs);
});

marbles('One timer, set for the instant at which the next fits; no polling', (helpers, virtual) => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcdef|)');
  const subs = '        (^!)';
  //  2 per 5 ms        a----|
  //                    b----c----|
  //                         d----e
  const expected = '    (ab)-(cd)-(ef|)';
  const wakes = '       -----w----w';
  const { scheduler, wakes$ } = wakesOf(virtual);
  expectObservable(source.pipe(rateWindow({ limit: 2, per: 5 }, { scheduler }))).toBe(expected);
  expectObservable(wakes$).toBe(wakes);
  expectSubscriptions(source.subscriptions).toBe(subs);
});
