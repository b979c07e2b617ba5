import fc from 'fast-check';
import { smooth } from 'rx-groq';
import { of, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, test } from 'vitest';
import { chunk } from '../support/chunks.js';
import { marbles } from '../support/marbles.js';
import { cut, places } from '../support/pieces.js';
import { standardCases } from '../support/standardCases.js';

// A character each ms, and there are two between values: nothing waits.
standardCases('smooth', () => smooth({ charactersPerSecond: 1000 }), {
  values: { a: 'a', b: chunk('b'), c: 'c' },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 100, // the second waits
  reentrant: ['a'], // the second waits
});

marbles('smooth gives a burst one character after the other, and completes when all is out', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('x---y|', { x: 'Hel', y: 'lo' });
  const subs = '       ^----!';
  //                   H each 2 ms
  const expected = '   H-e-l-m-(o|)';
  expectObservable(source.pipe(smooth({ charactersPerSecond: 500 }))).toBe(expected, {
    ...Object.fromEntries([...'Helo'].map(letter => [letter, letter])),
    m: 'l',
  });
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('smooth begins anew after a pause: what was not used of it is not made up for', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('a-------x|', { a: 'a', x: 'xyz' });
  const subs = '       ^--------!';
  const expected = '   a-------x-y-(z|)';
  expectObservable(source.pipe(smooth({ charactersPerSecond: 500 }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('smooth above 1000 a second gives several in one ms', ({ cold, expectObservable, expectSubscriptions }) => {
  const source = cold('x|', { x: 'abcdefg' });
  const subs = '       ^!';
  const expected = '   abc(d|)';
  const results = { a: 'a', b: 'bc', c: 'de', d: 'fg' };
  expectObservable(source.pipe(smooth({ charactersPerSecond: 2000 }))).toBe(expected, results);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('smooth whose pause is no whole ms does not add up what it rounds', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('(x|)', { x: 'abcd' });
  //                   3.3, 6.7, 10
  const expected = '   a---b--c--(d|)';
  expectObservable(source.pipe(smooth({ charactersPerSecond: 300 }))).toBe(expected);
});

marbles('smooth passes an error at once, and who leaves hears nothing more', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const failing = cold('x--#', { x: 'abcd' });
  const endless = cold('x---', { x: 'abcd' });
  const unsub = '       ^---!';
  expectObservable(failing.pipe(smooth({ charactersPerSecond: 500 }))).toBe('a-b#');
  expectObservable(endless.pipe(smooth({ charactersPerSecond: 500 })), unsub).toBe('a-b-');
  expectSubscriptions(failing.subscriptions).toBe('^--!');
  expectSubscriptions(endless.subscriptions).toBe(unsub);
});

test('smooth leaves no timer when it is unsubscribed', () => {
  const scheduler = new TestScheduler(() => {});
  const told: string[] = [];
  const subscription = of('abc')
    .pipe(smooth({ charactersPerSecond: 10, scheduler }))
    .subscribe(text => told.push(text));
  expect(scheduler.actions).toHaveLength(1);
  subscription.unsubscribe();
  scheduler.flush();
  expect(scheduler.actions).toHaveLength(0);
  expect(told).toEqual(['a']);
});

test('smooth keeps the two halves of a character together, wherever the text was cut', () => {
  const scheduler = new TestScheduler(() => {});
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '🦀', '\ud83d') }), places, (text, at) => {
      scheduler.run(() => {
        let all: string[] = [];
        of(...cut(text, at))
          .pipe(smooth({ charactersPerSecond: 1000 }), toArray())
          .subscribe(characters => {
            all = characters;
          });
        scheduler.flush();
        expect(all).toEqual([...text]);
      });
    }),
    { numRuns: 100 },
  );
});

test('smooth takes in a long text, far ahead, in time linear in it', () => {
  const scheduler = new TestScheduler(() => {});
  scheduler.run(() => {
    let length = 0;
    of(...new Array<string>(20_000).fill('x'.repeat(20)))
      .pipe(smooth({ charactersPerSecond: 100_000 }))
      .subscribe(text => {
        length += text.length;
      });
    scheduler.flush();
    expect(length).toBe(400_000);
  });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, undefined, '60'])(
  'smooth at %j a second is a mistake when it is made',
  rate => {
    expect(() => smooth({ charactersPerSecond: rate as number })).toThrow(TypeError);
  },
);
