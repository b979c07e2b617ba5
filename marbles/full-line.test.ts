import { rateWindow } from 'rx-groq';
import { map } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

/** Capitals are urgent. */
const priority = (letter: string): number => (/[A-Z]/.test(letter) ? 1 : 5);
const one = { limit: 1, per: 4 };

marbles('A full line rejects the new one', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcA)-|');
  const subs = '        ^------!';
  const expected = '    a---b---(c|)';
  const operator = rateWindow<string>(one, { priority, maxQueue: 2, onImpossible: 'drop' });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('With drop-lowest the least urgent gives way, of these who came last; to its like it does not', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcAd)|');
  const subs = '        ^------!';
  //                    a goes; b c wait; A for c; d is no more urgent than b
  const expected = '    a---A---(b|)';
  const operator = rateWindow<string>(one, { priority, maxQueue: 2, overflow: 'drop-lowest', onImpossible: 'drop' });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('With drop-oldest who has waited longest gives way', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' (abcd|)');
  const subs = '        (^!)';
  const expected = '    a---c---(d|)';
  const operator = rateWindow<string>(one, { maxQueue: 2, overflow: 'drop-oldest', onImpossible: 'drop' });
  expectObservable(source.pipe(operator)).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('In the client it is the error of the one that gave way', helpers => {
  const { cold, expectObservable } = helpers;
  const response = cold('(hX.|)', answer);
  const client = clientOf(
    { windows: [one] },
    { a: response, b: response, A: response },
    { maxQueue: 1, overflow: 'drop-lowest' },
  );
  const text = (letter: string) =>
    client.complete(ask(letter, { priority: priority(letter) })).pipe(
      map(() => letter),
      errorKind(),
    );
  expectObservable(text('a')).toBe('(a|)');
  expectObservable(text('b')).toBe('#', undefined, 'queue_full');
  expectObservable(text('A')).toBe('----(A|)');
});
