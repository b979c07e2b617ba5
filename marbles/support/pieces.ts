import fc from 'fast-check';
import { from, type OperatorFunction, Subject, toArray } from 'rxjs';

/** What an operator on texts makes of these pieces of one. */
export function piecesThrough<R>(pieces: readonly string[], operator: OperatorFunction<string, R>): R[] {
  let results: R[] = [];
  from(pieces)
    .pipe(operator, toArray())
    .subscribe(all => {
      results = all;
    });
  return results;
}

/** The same where who hears of the first result brings one more piece, from within `next`. */
export function piecesThroughReentrant<R>(piece: string, more: string, operator: OperatorFunction<string, R>): R[] {
  const source = new Subject<string>();
  const results: R[] = [];
  source.pipe(operator).subscribe(result => {
    results.push(result);
    if (results.length === 1) source.next(more);
  });
  source.next(piece);
  source.complete();
  return results;
}

/** A text cut at these places, whatever their numbers: also within a pair of surrogates. */
export function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map(place => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

export const places: fc.Arbitrary<number[]> = fc.array(fc.nat(), { maxLength: 20 });
