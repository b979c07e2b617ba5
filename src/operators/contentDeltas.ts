import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import type { ChatChunk } from '../answer/index.js';
import { contentOf } from '../decode/index.js';

/**
 * The pieces of the answer's text as they come (of the first choice; empty ones are left out).
 *
 * ```
 * source             r--h--e--f|       role, 'Hel', 'lo', finish
 * contentDeltas()    ---H--l---|
 * ```
 * @see toText, scanText
 */
export function contentDeltas(): OperatorFunction<ChatChunk, string> {
  return pipe(
    map(contentOf),
    filter(text => text !== ''),
  );
}
