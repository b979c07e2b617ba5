import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  AnswerInvalidError,
  type ChatChunk,
  type ChatClient,
  type ChatCompletion,
  type ChatFailure,
  parseJson,
  type StandardSchema,
} from 'rx-groq';
import type { Observable } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';

declare const chunks$: Observable<ChatChunk>;
declare const completions$: Observable<ChatCompletion>;
declare const client: ChatClient;
const request = { model: 'm', messages: [{ role: 'user', content: 'Who?' }] };

const Person = z.object({ name: z.string(), age: z.number().nullable() });
interface Person {
  name: string;
  age: number | null;
}

describe('parseJson', () => {
  test("gives the schema's output, of chunks and of completions", () => {
    expectTypeOf(chunks$.pipe(parseJson(Person))).toEqualTypeOf<Observable<Person>>();
    expectTypeOf(completions$.pipe(parseJson(Person))).toEqualTypeOf<Observable<Person>>();
    const Length = z.object({ text: z.string().transform(text => text.length) });
    expectTypeOf(chunks$.pipe(parseJson(Length))).toEqualTypeOf<Observable<{ text: number }>>();
    expectTypeOf(chunks$.pipe(parseJson(mini.array(mini.string())))).toEqualTypeOf<Observable<string[]>>();
  });

  test('takes whatever the standard calls a schema, and the other way round', () => {
    const standard = {} as StandardSchemaV1<unknown, Date>;
    expectTypeOf(chunks$.pipe(parseJson(standard))).toEqualTypeOf<Observable<Date>>();
    expectTypeOf<StandardSchemaV1<string, Date>>().toExtend<StandardSchema<string, Date>>();
    expectTypeOf<StandardSchema<string, Date>>().toExtend<StandardSchemaV1<string, Date>>();
    // @ts-expect-error -- no schema
    chunks$.pipe(parseJson({ type: 'object' }));
  });
});

describe('client.parse', () => {
  test("gives the schema's output", () => {
    expectTypeOf(client.parse(request, Person)).toEqualTypeOf<Observable<Person>>();
    expectTypeOf(client.parse(request, Person, { name: 'person', reask: 2 })).toEqualTypeOf<Observable<Person>>();
    // @ts-expect-error -- no such option
    client.parse(request, Person, { retries: 2 });
  });
});

test('its error is among the failures, and narrows', () => {
  const tell = (failure: ChatFailure): string =>
    failure.kind === 'answer_invalid' ? failure.text + failure.issues.length : failure.message;
  expectTypeOf(tell).returns.toEqualTypeOf<string>();
  expectTypeOf<Extract<ChatFailure, { kind: 'answer_invalid' }>>().toEqualTypeOf<AnswerInvalidError>();
  expectTypeOf(new AnswerInvalidError('by hand').reason).toEqualTypeOf<
    'cut' | 'empty' | 'refused' | 'not_json' | 'schema' | undefined
  >();
});
