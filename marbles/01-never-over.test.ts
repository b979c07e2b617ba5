import { contentDeltas, rateWindow, rateWindowMap } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

marbles('A sliding window holds at most its limit in any interval of its length', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a-b-c-d|');
  const subs = '        ^------!';
  //  2 per 5 ms        a----|        a is counted until here, then c goes
  //                      b----|      b until here, then d
  const expected = '    a-b--c-(d|)';
  expectObservable(source.pipe(rateWindow({ limit: 2, per: 5 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A bucket holds at most its limit and is refilled continuously', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' abcd|');
  const subs = '        ^---!';
  //  2 in 8 ms         2---|---|       full when the first is taken; from then on one more every 4 ms
  const expected = '    ab--c---(d|)';
  expectObservable(source.pipe(rateWindow({ limit: 2, per: 8, kind: 'bucket' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A bucket that is full saves nothing up', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a-----------(bcd|)');
  const subs = '        ^-----------!';
  //  2 in 8 ms         2---2-------2---|     12 ms after it was full it still holds 2
  const expected = '    a-----------(bc)(d|)';
  expectObservable(source.pipe(rateWindow({ limit: 2, per: 8, kind: 'bucket' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A sliding window counts a request from its admission until `per` after its acknowledgement', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (ab|)');
  const subs = '        (^!)';
  const response = cold('  ---x|');
  //  1 per 5 ms        a~~A----|                 the server may have counted a as late as at A
  //                            b~~B----|
  const asubs = '       ^---!';
  const bsubs = '       --------^---!';
  const expected = '    ---a-------b|';
  const operator = rateWindowMap({ limit: 1, per: 5 }, value => response.pipe(map(() => value)));
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(response.subscriptions).toBe([asubs, bsubs]);
});

marbles(
  'A bucket refills as if nothing in flight had been taken yet; at its acknowledgement it leaves the level',
  helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const source = cold(' (abc|)');
    const subs = '        (^!)';
    const response = cold('  ----x|');
    //  2 in 10 ms        a~~~A----|                a and b may have been taken as late as at A, from a full bucket:
    //                    b~~~B----|                one is back 5 ms after that
    const asubs = '       ^----!';
    const bsubs = '       ^----!';
    const csubs = '       ---------^----!';
    const expected = '    ----(ab)-----c|';
    const windows = { limit: 2, per: 10, kind: 'bucket' } as const;
    expectObservable(source.pipe(rateWindowMap(windows, value => response.pipe(map(() => value))))).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
    expectSubscriptions(response.subscriptions).toBe([asubs, bsubs, csubs]);
  },
);

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(
    `An acknowledgement that takes long is taken to be no later than maxFlight after sending (${kind})`,
    helpers => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const source = cold(' (ab|)');
      const subs = '        (^!)';
      const response = cold('  ----------x|');
      //  1 per 5 ms        a~~A----|                     A: maxFlight, 3 ms
      //                            b~~B----|
      const asubs = '       ^----------!';
      const bsubs = '       --------^----------!';
      const expected = '    ----------a-------b|';
      const operator = rateWindowMap({ limit: 1, per: 5, kind }, value => response.pipe(map(() => value)), {
        maxFlight: 3,
      });
      expectObservable(source.pipe(operator)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(response.subscriptions).toBe([asubs, bsubs]);
    },
  );

  marbles(`The client counts a request until \`per\` after the head of its response (${kind})`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const a = cold('  ---h-X.|', answer);
    const b = cold('          ---h-Y.|', answer);
    //  1 per 5 ms    a~~h----|
    //                        b~~h----|
    const asubs = '   ^-----!';
    const bsubs = '   --------^-----!';
    const atext = '   -----X|';
    const btext = '   -------------Y|';
    const client = clientOf({ windows: [{ limit: 1, per: 5, kind }] }, { a, b });
    expectObservable(client.stream(ask('a')).pipe(contentDeltas())).toBe(atext);
    expectObservable(client.stream(ask('b')).pipe(contentDeltas())).toBe(btext);
    expectSubscriptions(a.subscriptions).toBe(asubs);
    expectSubscriptions(b.subscriptions).toBe(bsubs);
  });
}
