import { contentDeltas, rateWindow } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

for (const kind of ['sliding', 'bucket'] as const) {
  marbles(
    `A request cancelled while it waits never reaches the server, and the next takes its turn (${kind})`,
    helpers => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const a = cold('  hX.|', answer);
      const b = cold('  hY.|', answer);
      const c = cold('       hZ.|', answer);
      //  1 per 5 ms    a----|              b steps out at 3: the turn at 5 is c's
      const bunsub = '  ^--!';
      const asubs = '   ^-!';
      const bsubs: string[] = [];
      const csubs = '   -----^-!';
      const atext = '   -X|';
      const btext = '   ----';
      const ctext = '   ------Z|';
      const client = clientOf({ windows: [{ limit: 1, per: 5, kind }] }, { a, b, c });
      const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
      expectObservable(text('a')).toBe(atext);
      expectObservable(text('b'), bunsub).toBe(btext);
      expectObservable(text('c')).toBe(ctext);
      expectSubscriptions(a.subscriptions).toBe(asubs);
      expectSubscriptions(b.subscriptions).toBe(bsubs);
      expectSubscriptions(c.subscriptions).toBe(csubs);
    },
  );
}

marbles('When the first in line leaves, the next goes in the same turn if it fits', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('(hX.|)', answer);
  //  100 tokens         a-------------------|          a takes 60, b 80, c 30
  //                        c-------------------…       c had to wait for nothing but its turn
  const bunsub = '       ^--!';
  const atext = '        (X|)';
  const btext = '        ----';
  const ctext = '        ---(X|)';
  const model = { windows: [{ limit: 100, per: 20, unit: 'tokens' }], refund: 'never' } as const;
  const client = clientOf(model, { a: response, b: response, c: response }, { backfill: false });
  const text = (letter: string, cap: number) =>
    client.stream(ask(letter, { max_completion_tokens: cap })).pipe(contentDeltas());
  expectObservable(text('a', 50)).toBe(atext);
  expectObservable(text('b', 70), bunsub).toBe(btext);
  expectObservable(text('c', 20)).toBe(ctext);
  expectSubscriptions(response.subscriptions).toBe(['(^!)', '---(^!)']);
});

marbles('Its place in the line is free in the same turn', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const a = cold('     h----.|', answer);
  const asubs = '      ^----!';
  const bstay = '      ^-!';
  const cstay = '      -^--!';
  const look = cold('  xxxxx|');
  const inLine = '     12110|';
  const client = clientOf({ windows: [{ limit: 1, per: '1m' }] }, { a });
  expectObservable(client.stream(ask('a')).pipe(contentDeltas())).toBe('-----|');
  expectObservable(client.stream(ask('b')), bstay).toBe('---');
  expectObservable(client.stream(ask('c')), cstay).toBe('-----');
  expectObservable(look.pipe(map(() => String(client.limits('m').queued)))).toBe(inLine);
  expectSubscriptions(a.subscriptions).toBe(asubs);
});

marbles('Unsubscribing the operator drops its line, and its timer', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' abc');
  const other = cold('  ----d|');
  const unsub = '       ^--!';
  const subs = '        ^--!';
  const othersubs = '   ^----!';
  //  1 per 5 ms        a----|          b and c are gone: d, which came last, is the next
  const expected = '    a---';
  const otherwise = '   -----(d|)';
  const paced = rateWindow<string>({ limit: 1, per: 5 });
  expectObservable(source.pipe(paced), unsub).toBe(expected);
  expectObservable(other.pipe(paced)).toBe(otherwise);
  expectSubscriptions(source.subscriptions).toBe(subs);
  expectSubscriptions(other.subscriptions).toBe(othersubs);
});
