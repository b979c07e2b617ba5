import { filter, map, type OperatorFunction, pipe, reduce } from 'rxjs';
import type { ChatChunk, ChatCompletion, Usage } from '../answer/index.js';
import { usageIn, usageOf } from '../decode/index.js';

/**
 * What the answer took, when it completes: wherever the server says it (at top level, in `x_groq`, in a chunk without choices), the last that
 * it says. Nothing where it says none.
 *
 * ```
 * source     --a--b--u|       u brings usage
 * usage()    ---------(x|)
 * ```
 * @see timing
 */
export function usage(): OperatorFunction<ChatChunk | ChatCompletion, Usage> {
  return pipe(
    map(answer => (answer.object === 'chat.completion' ? usageIn(answer.usage) : usageOf(answer))),
    filter(said => said !== undefined),
    reduce((_, last) => last),
  );
}
