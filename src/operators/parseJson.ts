import { concatMap, from, Observable, type OperatorFunction, of } from 'rxjs';
import type { ChatChunk, ChatCompletion } from '../answer/index.js';
import { completionBuilder, firstChoice } from '../decode/index.js';
import { invalid, jsonTextOf, parseText } from './answerText.js';
import { operatorSubscriber } from './operatorSubscriber.js';
import { checkSchema, type SchemaIssue, type SchemaResult, type StandardSchema } from './standardSchema.js';

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
        const accept = (result: SchemaResult<T>): T => {
          if (!result.issues) return result.value;
          const issues = result.issues.map(toIssue);
          throw invalid('schema', `${describe(issues)} error.text is what came.`, text, ending, issues);
        };
        const result = schema['~standard'].validate(parseText(text, ending));
        return result instanceof Promise ? from(result.then(accept)) : of(accept(result));
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
              // A server that says no finish reason has still given its answer in one piece.
              subscriber.next({ completion: answer, finish: answer.choices[0]?.finish_reason ?? '' });
            } else {
              builder.add(answer);
              finish = firstChoice(answer)?.finish_reason ?? finish;
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

function toIssue({ message, path = [] }: SchemaIssue): { message: string; path: PropertyKey[] } {
  return { message, path: path.map(step => (typeof step === 'object' ? step.key : step)) };
}

/** More than these are counted only. */
const mostTold = 3;

function describe(issues: readonly { message: string; path: readonly PropertyKey[] }[]): string {
  const told = issues.slice(0, mostTold).map(({ message, path }) => {
    const place = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`));
    return path.length === 0 ? message : `${place.join('')}: ${message}`;
  });
  if (issues.length > mostTold) told.push(`and ${issues.length - mostTold} more`);
  return `the answer is not what the schema describes (${told.join('; ')}).`;
}
