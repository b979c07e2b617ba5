import { map, mergeMap, Observable, type OperatorFunction, of, Subject, take } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { marbles } from './marbles.js';

/** What an operator makes of the cases that every operator meets. The sources are fixed; the letters of the results are its own. */
export interface Standards<T, R> {
  /** The three values that the sources emit. */
  readonly values: { readonly a: T; readonly b: T; readonly c: T };
  /** What the letters in the results stand for; left out, the letters themselves. */
  readonly results?: Record<string, R>;
  /** Results of `-`, `|`, `--a|`, `-a-b-c|`, `-a-b-#` and `-a-b-c-`. */
  readonly never: string;
  readonly empty: string;
  readonly one: string;
  readonly many: string;
  readonly error: string;
  readonly endless: string;
  /** How many values a synchronous source of 100 makes for `take(2)`. */
  readonly madeForTwo: number;
  /** All results where the first `next` of the result pushes `b` into a source that has emitted `a` and then completes. */
  readonly reentrant: readonly R[];
}

/** The cases of RxJS's own operators, for one of ours: `make` makes it anew. */
export function standardCases<T, R>(
  name: string,
  make: () => OperatorFunction<T, R>,
  standards: Standards<T, R>,
): void {
  const { values, results } = standards;

  describe(`${name} and`, () => {
    const drawn = [
      ['a source that never emits', '-', standards.never, '^'],
      ['an empty source', '|', standards.empty, '(^!)'],
      ['one value', '--a|', standards.one, '^--!'],
      ['many values', '-a-b-c|', standards.many, '^-----!'],
      ['a source that fails', '-a-b-#', standards.error, '^----!'],
      ['a source without end', '-a-b-c-', standards.endless, '^'],
    ] as const;
    for (const [what, diagram, expected, subs] of drawn) {
      marbles(what, ({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold(diagram, values);
        expectObservable(source.pipe(make())).toBe(expected, results);
        expectSubscriptions(source.subscriptions).toBe(subs);
      });
    }

    marbles('a subscriber that leaves early', ({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-', values);
      const unsub = '      ^---!';
      const expected = standards.endless.trimStart().slice(0, 4);
      expectObservable(source.pipe(make()), unsub).toBe(expected, results);
      expectSubscriptions(source.subscriptions).toBe(unsub);
    });

    marbles('a subscriber that leaves early through a chain', ({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-', values);
      const unsub = '      ^---!';
      const expected = standards.endless.trimStart().slice(0, 4);
      const passing = <V>() => mergeMap((value: V) => of(value));
      expectObservable(source.pipe(passing(), make(), passing()), unsub).toBe(expected, results);
      expectSubscriptions(source.subscriptions).toBe(unsub);
    });

    marbles('a subscriber further down that throws', ({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c|', values);
      const at = standards.many.trimStart().search(/[(a-z]/); // the first result
      const subs = at === 0 ? [] : `^${'-'.repeat(at - 1)}!`;
      const expected = `${'-'.repeat(at)}#`;
      const thrower = map(() => {
        throw 'error';
      });
      expectObservable(source.pipe(make(), thrower)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });

    test('a source that emits synchronously is stopped when enough has come', () => {
      let made = 0;
      const source = new Observable<T>(subscriber => {
        while (made < 100 && !subscriber.closed) {
          made++;
          subscriber.next(values.a);
        }
        subscriber.complete();
      });
      source.pipe(make(), take(2)).subscribe();
      expect(made).toBe(standards.madeForTwo);
    });

    test('a subscriber that pushes into the source while it is told', () => {
      const source = new Subject<T>();
      const told: R[] = [];
      source.pipe(make()).subscribe(result => {
        told.push(result);
        if (told.length === 1) source.next(values.b);
      });
      source.next(values.a);
      source.complete();
      expect(told).toEqual(standards.reentrant);
    });

    test('two subscribers at once', () => {
      const source = new Subject<T>();
      const operator = make();
      const told: [R[], R[]] = [[], []];
      for (const of of told) source.pipe(operator).subscribe(result => of.push(result));
      source.next(values.a);
      source.complete();
      expect(told[0].length).toBeGreaterThan(0);
      expect(told[1]).toEqual(told[0]);
    });
  });
}

/** A callback of the operator's own that throws: the error goes down, the source is left, and nothing is thrown at the source. */
export function throwingCallback<T>(
  name: string,
  values: Record<string, T>,
  make: (thrower: () => never) => OperatorFunction<T, unknown>,
): void {
  marbles(`${name} and a callback that throws`, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b|', values);
    const subs = '       ^!';
    const expected = '   -#';
    const thrower = (): never => {
      throw 'error';
    };
    expectObservable(source.pipe(make(thrower))).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}
