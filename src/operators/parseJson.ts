import { concatMap, Observable, type OperatorFunction } from 'rxjs';
import type { ChatChunk, ChatCompletion } from '../answer/index.js';
import { completionBuilder } from '../decode/index.js';
import { finishOf, jsonTextOf, parseText } from './answerText.js';
import { checkValue } from './checkValue.js';
import { operatorSubscriber } from './operatorSubscriber.js';
import { checkSchema, type StandardSchema } from './standardSchema.js';

/**
 * The answer's JSON as the value that a schema describes: of the chunks of one answer, when they complete; of each completion, at once.
 *
 * ```
 * source               --a--b--f|         '{"x"', ':1}', finish
 * parseJson(schema)    ---------(x|)      x = { x: 1 }, checked and transformed by the schema
 *
 * source               --a--f|            '{"x"', finish_reason length
 * parseJson(schema)    ------#            AnswerInvalidError { reason: 'cut', text: '{"x"' }
 * ```
 * - What is read is the content of the first choice or, where it has none and calls one tool, that call's arguments.
 * - An answer that is not whole (no finish reason, `length`, a filter), JSON that ends early or is none, and a value that does not fit, are
 *   an `AnswerInvalidError`: `reason` tells which, `text` is what came, `issues` what the schema found.
 * - What a schema itself throws passes as it is. A schema that checks asynchronously is waited for; the order stays.
 *
 * ```ts
 * const Person = z.object({ name: z.string(), age: z.number() });
 * client.complete({ ...request, response_format: jsonFormat(Person) }).pipe(parseJson(Person)).subscribe(({ name, age }) => …);
 * ```
 * **Gotcha**: text round the JSON, a fence of three backticks too, makes it none. `jsonFormat` keeps models from writing any.
 * @param schema any Standard Schema
 * @throws TypeError when made with anything else
 * @see jsonFormat, partialJson; `client.parse` also asks for the JSON
 */
export function parseJson<T>(schema: StandardSchema<unknown, T>): OperatorFunction<ChatChunk | ChatCompletion, T> {
  checkSchema('parseJson', schema);
  return source =>
    source.pipe(
      toAnswers(),
      concatMap(({ completion, finish }) => {
        const text = jsonTextOf(completion, finish);
        const ending = { finish, model: completion.model };
        return checkValue(schema, parseText(text, ending), text, ending);
      }),
    );
}

interface Answer {
  readonly completion: ChatCompletion;
  readonly finish: string | null | undefined;
}

/** Completions as they come, chunks as one when they complete. */
function toAnswers(): OperatorFunction<ChatChunk | ChatCompletion, Answer> {
  return source =>
    new Observable(subscriber => {
      const builder = completionBuilder();
      /** Also '', which older Ollama says: that the stream then completes says that it is whole. */
      let finish: string | null | undefined;
      source.subscribe(
        operatorSubscriber<ChatChunk | ChatCompletion>(
          subscriber,
          answer => {
            if (answer.object === 'chat.completion') {
              subscriber.next({ completion: answer, finish: finishOf(answer) });
            } else {
              builder.add(answer);
              finish = finishOf(answer) ?? finish;
            }
          },
          () => {
            if (builder.begun()) subscriber.next({ completion: builder.completion(), finish });
            subscriber.complete();
          },
        ),
      );
    });
}
