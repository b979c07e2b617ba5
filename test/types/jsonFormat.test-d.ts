import type * as GroqChat from 'groq-sdk/resources/chat/completions';
import type OpenAI from 'openai';
import { type ChatRequest, type JsonFormat, jsonFormat } from 'rx-groq';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';

const Person = z.object({ name: z.string() });

test('jsonFormat fits where a response_format is asked for: here, in groq-sdk and in openai', () => {
  const format = jsonFormat(Person, 'person');
  expectTypeOf(format).toEqualTypeOf<JsonFormat>();
  expectTypeOf(format).toExtend<NonNullable<ChatRequest['response_format']>>();
  expectTypeOf(format).toExtend<NonNullable<OpenAI.ChatCompletionCreateParams['response_format']>>();
  expectTypeOf(format).toExtend<NonNullable<GroqChat.ChatCompletionCreateParams['response_format']>>();
});

test('jsonFormat takes schemas of any library, and nothing else', () => {
  jsonFormat(mini.toJSONSchema(mini.object({ name: mini.string() })));
  // @ts-expect-error -- a JSON Schema is no Standard Schema
  jsonFormat({ type: 'object' });
  // @ts-expect-error -- the name is a text
  jsonFormat(Person, 1);
});
