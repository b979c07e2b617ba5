import fc from 'fast-check';
import { AnswerInvalidError, type ChatChunk, partialJson } from 'rx-groq';
import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { reasonAndText } from '../support/answerInvalid.js';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { cut, places } from '../support/pieces.js';
import { standardCases } from '../support/standardCases.js';

// Digits are a number in any number; what comes early is drawn below.
standardCases('partialJson', () => partialJson<number>(), {
  values: { a: '1', b: chunk('2'), c: '3' },
  results: { y: 1, z: 123 },
  never: '  -',
  empty: '  |',
  one: '    ---(y|)',
  many: '   ------(z|)',
  error: '  -----#',
  endless: '-------',
  madeForTwo: 100, // it can't know before the end
  reentrant: [1],
});

marbles('partialJson shows the object as it grows: keys with their values, numbers when they are whole', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('a-b-c-d-e-f-g|', {
    a: chunk('{"to'),
    b: chunk('wn":"Ber'),
    c: chunk('n","n":4'),
    d: chunk('2'), // might be the beginning of 420
    e: chunk(',"tags":["a'),
    f: chunk('"],"ok":tru'),
    g: chunk('e}'),
  });
  const subs = '       ^------------!';
  const expected = '   a-b-c---e---g|'; // that a text or a list has ended adds nothing
  expectObservable(source.pipe(partialJson())).toBe(expected, {
    a: {},
    b: { town: 'Ber' },
    c: { town: 'Bern' },
    e: { town: 'Bern', n: 42, tags: ['a'] },
    g: { town: 'Bern', n: 42, tags: ['a'], ok: true },
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('partialJson never shows half a character', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('a-b-c-d|', { a: '"a\\ud8', b: '3d', c: '\\ude00', d: '"' });
  const subs = '       ^------!';
  const expected = '   a---c--|';
  expectObservable(source.pipe(partialJson())).toBe(expected, { a: 'a', c: 'a😀' });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles(
  'partialJson takes a number alone when the text has ended',
  ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('4-2-|');
    const subs = '       ^---!';
    const expected = '   ----(n|)';
    expectObservable(source.pipe(partialJson())).toBe(expected, { n: 42 });
    expectSubscriptions(source.subscriptions).toBe(subs);
  },
);

for (const [what, texts, expected, error] of [
  ['text that is no JSON, at once', { a: '{"x":', b: 'oh' }, 'a-#', 'not_json: {"x":oh'],
  ['JSON that ends early, at the end', { a: '{"x":', b: '"y' }, 'a-b-#', 'cut: {"x":"y'],
  ['more after the end', { a: '{', b: '} So' }, 'a-#', 'not_json: {} So'],
] as const) {
  marbles(`partialJson fails with ${what}`, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('a-b-|', texts);
    const subs = `       ^${'-'.repeat(expected.length - 2)}!`;
    const results = { a: {}, b: { x: 'y' } };
    expectObservable(source.pipe(partialJson(), reasonAndText())).toBe(expected, results, error);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

/** What came of a text in these pieces. */
function read(pieces: readonly string[]): { values: unknown[]; error: unknown } {
  const read = { values: [] as unknown[], error: undefined as unknown };
  from(pieces)
    .pipe(partialJson())
    .subscribe({
      next: value => read.values.push(value),
      error: error => {
        read.error = error;
      },
    });
  return read;
}

/** Whether the one may become the other: texts are beginnings, lists too, properties may be missing. */
function mayBecome(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part);
  if (typeof part !== 'object' || part === null) return Object.is(part, whole);
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole, key) && mayBecome(value, (whole as Record<string, unknown>)[key]),
  );
}

const written = fc
  .tuple(fc.json({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1))
  .map(([text, indent]) => JSON.stringify(JSON.parse(text), null, indent));

describe('partialJson, whatever the JSON and its pieces,', () => {
  test('emits what may become the value, at last the value itself, and changes nothing that it has emitted', () => {
    fc.assert(
      fc.property(written, places, (text, at) => {
        const whole = JSON.parse(text);
        const then: string[] = [];
        const values: unknown[] = [];
        from(cut(text, at))
          .pipe(partialJson())
          .subscribe(value => {
            values.push(value);
            then.push(JSON.stringify(value));
            expect(mayBecome(value, whole)).toBe(true);
          });
        expect(values.at(-1)).toEqual(whole);
        expect(values.map(value => JSON.stringify(value))).toEqual(then);
      }),
      { numRuns: 500 },
    );
  });

  test('takes what JSON.parse takes, and nothing else', () => {
    const mistaken = fc
      .tuple(
        written,
        fc.nat(),
        fc.constantFrom('', ',', '"', '\\', '0', '-', '.', 'e', '}', ']', 'u', '\n', ' ', ':', 't'),
      )
      .map(([text, at, inserted]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + inserted + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(mistaken, places, (text, at) => {
        const { error, values } = read(cut(text, at));
        let whole: unknown;
        try {
          whole = JSON.parse(text);
        } catch {
          if (text !== '') expect(error).toBeInstanceOf(AnswerInvalidError);
          return;
        }
        expect(error).toBeUndefined();
        expect(values.at(-1)).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });
});

test('partialJson makes a property of a key such as __proto__', () => {
  const { values } = read(['{"__proto__":{"x":', '1},"y":2}']);
  const value = values.at(-1) as object;
  expect(Object.keys(value)).toEqual(['__proto__', 'y']);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test('partialJson shares what is whole between its emissions', () => {
  const { values } = read(['[{"a":1},', '{"b":', '2}]']);
  const [first, , last] = values as object[][];
  expect(last![0]).toBe(first![0]);
});

test('partialJson reads a number that does not end, as of a model in a loop, in time linear in it', () => {
  const { values, error } = read(['[0.', ...new Array<string>(100_000).fill('3'.repeat(20)), ']']);
  expect(error).toBeUndefined();
  expect(values).toEqual([[], [1 / 3]]);
});

test('partialJson reads a long text in time linear in it', () => {
  const piece = 'x'.repeat(20);
  const { values, error } = read(['{"text":"', ...new Array<string>(100_000).fill(piece), '"}']);
  expect(error).toBeUndefined();
  expect((values.at(-1) as { text: string }).text).toHaveLength(2_000_000);
});

const ending = (content: string, finish_reason: string): ChatChunk =>
  ({ ...chunk(content), choices: [{ index: 0, delta: { content }, finish_reason }] }) as ChatChunk;

for (const [what, source, values, expected, error] of [
  ['in the middle of an object', 'a-b-|', { a: chunk('{"x":'), b: ending('"y', 'length') }, 'a-b-#', 'cut: {"x":"y'],
  ['in a number that looks whole', 'a-b-|', { a: chunk('1'), b: ending('2', 'length') }, '----#', 'cut: 12'],
  ['after JSON that is whole', 'a-b-|', { a: chunk('{}'), b: ending('', 'content_filter') }, 'a---#', 'cut: {}'],
  ['before anything was said', 'a-|', { a: ending('', 'length') }, '--#', 'cut: '],
] as const) {
  marbles(`partialJson fails where the answer was cut ${what}`, ({ cold, expectObservable, expectSubscriptions }) => {
    const answer = cold(source, values);
    const subs = `^${'-'.repeat(source.length - 2)}!`;
    expectObservable(answer.pipe(partialJson(), reasonAndText())).toBe(expected, { a: {}, b: { x: 'y' } }, error);
    expectSubscriptions(answer.subscriptions).toBe(subs);
  });
}
