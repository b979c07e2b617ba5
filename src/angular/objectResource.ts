import { assertInInjectionContext, computed, type Signal } from '@angular/core';
import { catchError, concatMap, connect, filter, map, merge, type Observable, of, throwError } from 'rxjs';
import type { ChatProgress } from '../client/index.js';
import { AnswerInvalidError, isChatError } from '../errors/index.js';
import { jsonFormat } from '../operators/jsonFormat.js';
import { parseJson } from '../operators/parseJson.js';
import { type DeepPartial, partialJson } from '../operators/partialJson.js';
import type { StandardSchema } from '../operators/standardSchema.js';
import type { ChatRequest } from '../request/index.js';
import { streaming } from './ChatStatus.js';
import { type ChatResource, type ChatResourceOptions, type Load, progressResource } from './progressResource.js';

/** Its value is what has been written so far; any property may still be missing, and any text be a beginning. */
export interface ObjectResource<T> extends ChatResource<DeepPartial<T> | undefined> {
  /** The whole value, once it is there and the schema has found it right. */
  readonly result: Signal<T | undefined>;
}

/**
 * `chatResource` for data: a form or a list fills while the model writes, and the end is checked by a schema (any Standard Schema that
 * `jsonFormat` takes).
 *
 * ```ts
 * const Recipe = z.object({ title: z.string(), steps: z.array(z.string()) });
 * readonly recipe = objectResource(Recipe, () => ({ model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content: this.dish() }] }));
 * // in its template: recipe.value()?.title, recipe.value()?.steps; recipe.result() when it is whole
 * ```
 * - The schema is sent as strict `json_schema`, unless the request has a `response_format` of its own.
 * - An answer that is no JSON, was cut, or does not fit: the resource's `error()` is an `AnswerInvalidError` that keeps the text.
 *
 * **Gotcha**: where the server can't stream structured outputs (Groq), the value comes whole at the end; a `response_format` of
 * `{ type: 'json_object' }` and a prompt that describes the JSON streams there, too.
 * @throws TypeError for a schema that can't be sent, saying what to do
 */
export function objectResource<T>(
  schema: StandardSchema<unknown, T>,
  request: () => ChatRequest | undefined,
  options: ChatResourceOptions = {},
): ObjectResource<T> {
  if (!options.injector) assertInInjectionContext(objectResource);
  const response_format = jsonFormat(schema);
  const read = parseJson(schema);
  const resource = progressResource<DeepPartial<T> | undefined>({
    ...options,
    request: () => {
      const asked = request();
      return asked && { response_format, ...asked };
    },
    empty: undefined,
    read: connect(progress$ => merge(partial<T>(progress$), steps(progress$, read))),
  });
  const result = computed(() => (resource.progress().state === 'done' ? (resource.value() as T) : undefined));
  return Object.assign(resource, { result });
}

type Change<T> = Partial<Load<DeepPartial<T> | undefined>>;

/** The value as it grows. */
function partial<T>(progress$: Observable<ChatProgress>): Observable<Change<T>> {
  return progress$.pipe(
    filter(progress => progress.state === 'streaming'),
    map(({ chunk }) => chunk),
    partialJson<T>(),
    map(value => ({ value })),
  );
}

/** The states, and at the end the value as the schema gives it. */
function steps<T>(progress$: Observable<ChatProgress>, read: ReturnType<typeof parseJson<T>>): Observable<Change<T>> {
  return progress$.pipe(
    concatMap((progress): Observable<Change<T>> => {
      if (progress.state === 'streaming') return of({ status: streaming });
      if (progress.state !== 'done') return of({ status: progress, value: undefined });
      const { completion } = progress;
      return of(completion).pipe(
        read,
        map((value): Change<T> => ({ status: { state: 'done', completion }, value: value as DeepPartial<T> })),
        catchError(error => throwError(() => (isChatError(error) ? error : broken(error, progress.text)))),
      );
    }),
  );
}

function broken(cause: unknown, text: string): AnswerInvalidError {
  return new AnswerInvalidError(`The schema itself has failed: ${String(cause)}`, { reason: 'schema', text, cause });
}
