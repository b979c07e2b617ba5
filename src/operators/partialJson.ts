import { Observable, type OperatorFunction } from 'rxjs';
import { jsonReader } from '../decode/index.js';
import { checkEnding, type Ending, finishOf, mistakeIn } from './answerText.js';
import { operatorSubscriber } from './operatorSubscriber.js';
import type { StandardSchema } from './standardSchema.js';
import { type TextSource, textOf } from './toText.js';

/** What may be there of a `T` while it is still being written: any property may be missing, and any text be a beginning. */
export type DeepPartial<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? DeepPartial<Item>[]
    : T extends object
      ? { [Key in keyof T]?: DeepPartial<T[Key]> }
      : T;

/**
 * The JSON value so far, whenever it has grown: for a form or a list that fills while the model writes.
 *
 * ```
 * source           a--b--c--d|      '{"to', 'wn":"Ber', 'n","n":4', '2}'
 * partialJson()    w--x--y--z|      {}, { town: 'Ber' }, { town: 'Bern' }, { town: 'Bern', n: 42 }
 * ```
 * - Text grows; numbers, `true`, `false` and `null` come when they are whole, since a part of them would be another value; a key comes with
 *   its value. So each emission is valid as a `DeepPartial`, and the last is what `JSON.parse` makes of the whole text.
 * - One emission at most for each value of the source. Emissions never change afterwards, and share what they have in common.
 * - Text that is no JSON fails at once, JSON that ends early when the source completes: an `AnswerInvalidError` that keeps the text. So does
 *   an answer that was cut (`finish_reason: length`, a filter), also where it looks whole.
 *
 * ```ts
 * client.stream({ ...request, response_format: { type: 'json_object' } })
 *   .pipe(partialJson<Recipe>()).subscribe(({ title = '…', steps = [] }) => show(title, steps));
 * ```
 * **Gotchas**: nothing has been checked by a schema: that is for `parseJson` at the end. Each emission copies the containers that are still
 * open, so for a list of many thousands of items put `auditTime` or `bufferTime` before it. Groq does not stream `json_schema`.
 * @param _schema only for its type
 * @see parseJson
 */
export function partialJson<T = unknown>(
  _schema?: StandardSchema<T, unknown>,
): OperatorFunction<TextSource, DeepPartial<T>> {
  return source =>
    new Observable(subscriber => {
      const reader = jsonReader();
      let text = '';
      let emitted = 0;
      /** Of answers, not of bare text, which says nothing of it. */
      let ending: Ending | undefined;
      const emitGrown = (): void => {
        const wrongAt = reader.wrongAt();
        if (wrongAt !== undefined) throw mistakeIn(wrongAt, text, ending ?? { finish: null });
        if (reader.version() === emitted) return;
        emitted = reader.version();
        subscriber.next(reader.value() as DeepPartial<T>);
      };
      source.subscribe(
        operatorSubscriber<TextSource>(
          subscriber,
          value => {
            const delta = textOf(value);
            if (typeof value === 'object') ending = { finish: finishOf(value) ?? ending?.finish, model: value.model };
            text += delta;
            reader.feed(delta);
            emitGrown();
          },
          () => {
            if (ending?.finish) checkEnding(text, ending);
            reader.end();
            emitGrown();
            if (text !== '' && !reader.whole()) throw mistakeIn(undefined, text, ending ?? { finish: null });
            subscriber.complete();
          },
        ),
      );
    });
}
