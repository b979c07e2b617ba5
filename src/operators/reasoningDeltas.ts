import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import type { ChatChunk } from '../answer/index.js';
import { reasoningOf } from '../decode/index.js';

/**
 * The pieces of what the model thinks before it answers, as they come (of the first choice; empty ones are left out).
 *
 * ```
 * source               r--h--m--A--f|       role, reasoning 'h', 'm', content 'A', finish
 * reasoningDeltas()    ---h--m------|
 * ```
 * Read from `delta.reasoning` (Groq, OpenRouter), `delta.reasoning_content` (vLLM, SGLang, llama.cpp) and Mistral's parts of type
 * `thinking`; a server that says it under both names is heard once.
 *
 * ```ts
 * const chunks$ = client.stream({ ...request, reasoning_format: 'parsed' }).pipe(share());
 * chunks$.pipe(reasoningDeltas()).subscribe(text => thoughts.append(text));
 * chunks$.pipe(contentDeltas()).subscribe(text => answer.append(text));
 * ```
 * **Gotcha**: with `reasoning_format: 'raw'` Groq writes it into the content, between `<think>` and `</think>`.
 * @see contentDeltas
 */
export function reasoningDeltas(): OperatorFunction<ChatChunk, string> {
  return pipe(
    map(reasoningOf),
    filter(text => text !== ''),
  );
}
