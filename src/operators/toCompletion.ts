import { defer, filter, map, type OperatorFunction, reduce } from 'rxjs';
import type { ChatChunk, ChatCompletion } from '../answer/index.js';
import { completionBuilder } from '../decode/index.js';

/**
 * Puts the chunks of one answer together: the same `ChatCompletion` that the API gives when it does not stream, tool calls, log
 * probabilities and usage included. (What a stream does not carry, it can't have: on Groq `usage_breakdown` where it is null, and
 * `service_tier` unless `stream_options.include_usage` asks for it.) Emits it when the chunks complete; an error passes (its `received` holds the chunks).
 *
 * ```
 * source            --a--b--c|
 * toCompletion()    ---------(x|)
 * ```
 */
export function toCompletion(): OperatorFunction<ChatChunk, ChatCompletion> {
  return source =>
    defer(() =>
      source.pipe(
        reduce((builder, chunk) => {
          builder.add(chunk);
          return builder;
        }, completionBuilder()),
        filter(builder => builder.begun()),
        map(builder => builder.completion()),
      ),
    );
}
