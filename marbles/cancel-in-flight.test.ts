import { contentDeltas, rateWindowMap } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

for (const [phase, diagram, received] of [
  ['before its head', '-----hX.|', '----'],
  ['in mid-stream', '  hX---Y.|', '-X--'],
] as const) {
  marbles(`Unsubscribing ${phase} closes the socket in the same turn`, helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const a = cold(diagram, answer);
    const unsub = ' ^--!';
    const asubs = ' ^--!';
    const client = clientOf({}, { a });
    expectObservable(client.stream(ask('a')).pipe(contentDeltas()), unsub).toBe(received);
    expectSubscriptions(a.subscriptions).toBe(asubs);
  });
}

marbles('What it did not use is given back at once where the server gives it back', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('   hX---Y.|', answer);
  const b = cold('      hZ.|', answer);
  //  100 tokens     a--|                    90 asked for beside a prompt of 10; X took 1 of them
  //                    b--…                 so 89 are there again
  const unsub = '    ^--!';
  const asubs = '    ^--!';
  const bsubs = '    ---^-!';
  const atext = '    -X--';
  const btext = '    ----Z|';
  const client = clientOf({ windows: [{ limit: 100, per: 20, unit: 'tokens' }], refund: 'usage' }, { a, b });
  const text = (letter: string, cap: number) =>
    client.stream(ask(letter, { max_completion_tokens: cap })).pipe(contentDeltas());
  expectObservable(text('a', 90), unsub).toBe(atext);
  expectObservable(text('b', 79)).toBe(btext);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('Where the server keeps it, it counts in full until `per` after the head', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('   -hX--Y.|', answer);
  const b = cold('                        hZ.|', answer);
  //  100 tokens     ah-------------------|
  const unsub = '    ^--!';
  const asubs = '    ^--!';
  const bsubs = '    ---------------------^-!';
  const atext = '    --X-';
  const btext = '    ----------------------Z|';
  const client = clientOf({ windows: [{ limit: 100, per: 20, unit: 'tokens' }], refund: 'never' }, { a, b });
  const text = (letter: string, cap: number) =>
    client.stream(ask(letter, { max_completion_tokens: cap })).pipe(contentDeltas());
  expectObservable(text('a', 90), unsub).toBe(atext);
  expectObservable(text('b', 79)).toBe(btext);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles(
  'The request itself counts, sent as it was: before its head the server may count it until maxFlight',
  helpers => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    const a = cold('   -----h.|', answer);
    const b = cold('            h.|', answer);
    //  1 per 5 ms     a~~~-----|              maxFlight, 4 ms, and then 5
    const unsub = '    ^-!';
    const asubs = '    ^-!';
    const bsubs = '    ---------^!';
    const client = clientOf({ windows: [{ limit: 1, per: 5 }] }, { a, b }, { maxFlight: 4 });
    expectObservable(client.stream(ask('a')), unsub).toBe('---');
    expectObservable(client.stream(ask('b')).pipe(contentDeltas())).toBe('----------|');
    expectSubscriptions(a.subscriptions).toBe(asubs);
    expectSubscriptions(b.subscriptions).toBe(bsubs);
  },
);

marbles('Its place in max_concurrent is free in the same turn', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('   h---.|', answer);
  const b = cold('     h-Y.|', answer);
  const unsub = '    ^-!';
  const asubs = '    ^-!';
  const bsubs = '    --^--!';
  const btext = '    ----Y|';
  const client = clientOf({ max_concurrent: 1 }, { a, b });
  expectObservable(client.stream(ask('a')).pipe(contentDeltas()), unsub).toBe('---');
  expectObservable(client.stream(ask('b')).pipe(contentDeltas())).toBe(btext);
  expectSubscriptions(a.subscriptions).toBe(asubs);
  expectSubscriptions(b.subscriptions).toBe(bsubs);
});

marbles('rateWindowMap unsubscribes what is in flight, and what waits is never begun', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' ab-c----|');
  const subs = '        ^-----!';
  const unsub = '       ^-----!';
  const inner = cold('  -x-----y|');
  //  2 per 9 ms        aA--------|
  //                     bB--------|
  const asubs = '       ^-----!';
  const bsubs = '       -^----!';
  const expected = '    -ab----';
  const operator = rateWindowMap({ limit: 2, per: 9 }, value => inner.pipe(map(() => value)));
  expectObservable(source.pipe(operator), unsub).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(inner.subscriptions).toBe([asubs, bsubs]);
});
