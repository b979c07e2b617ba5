import { decodeEventStream } from 'rx-groq';
import { take } from 'rxjs';
import { marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const results = { a: { data: 'a' }, b: { data: 'b' }, c: { data: 'c' } };

standardCases('decodeEventStream', decodeEventStream, {
  values: { a: bytes('data: a\n\n'), b: bytes('data: b\n\n'), c: bytes('data: c\n\n') },
  results,
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: [results.a, results.b],
});

marbles('decodeEventStream emits an event when its blank line has come', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('1--2--3|', { 1: bytes('data: a\n\nda'), 2: bytes('ta: b\n'), 3: bytes('\n') });
  const subs = '       ^------!';
  const expected = '   a-----b|';
  expectObservable(source.pipe(decodeEventStream())).toBe(expected, results);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('decodeEventStream stops a subscriber that has enough in the middle of a piece of bytes', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('-x-x|', { x: bytes('data: a\n\ndata: b\n\ndata: c\n\n') });
  const subs = '       ^!';
  const expected = '   -(ab|)';
  expectObservable(source.pipe(decodeEventStream(), take(2))).toBe(expected, results);
  expectSubscriptions(source.subscriptions).toBe(subs);
});
