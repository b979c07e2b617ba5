import type Groq from 'groq-sdk';
import type * as GroqChat from 'groq-sdk/resources/chat/completions';
import type OpenAI from 'openai';
import type * as OpenAIChat from 'openai/resources/chat/completions/completions';
import { BehaviorSubject, map, type Observable, type OperatorFunction, of } from 'rxjs';
import { assertType, describe, expectTypeOf, test } from 'vitest';
import type { ChatChunk, ChatCompletion, ChatMessage, ChatRequest, ToolCall, Usage } from '../../src/request/index.js';

declare const send: (request: ChatRequest) => void;
declare const paced: OperatorFunction<ChatRequest, ChatChunk>;
declare const completion: ChatCompletion;
declare const chunk: ChatChunk;

describe('bodies of the SDKs are requests', () => {
  test('groq-sdk', () => {
    expectTypeOf<GroqChat.ChatCompletionCreateParamsBase>().toExtend<ChatRequest>();
    expectTypeOf<GroqChat.ChatCompletionCreateParams>().toExtend<ChatRequest>();
    expectTypeOf<GroqChat.ChatCompletionCreateParamsNonStreaming>().toExtend<ChatRequest>();
    expectTypeOf<GroqChat.ChatCompletionCreateParamsStreaming>().toExtend<ChatRequest>();
    expectTypeOf<Groq.Chat.ChatCompletionMessageParam>().toExtend<ChatMessage>();
  });

  test('openai', () => {
    expectTypeOf<OpenAIChat.ChatCompletionCreateParamsBase>().toExtend<ChatRequest>();
    expectTypeOf<OpenAI.ChatCompletionCreateParams>().toExtend<ChatRequest>();
    expectTypeOf<OpenAI.ChatCompletionCreateParamsNonStreaming>().toExtend<ChatRequest>();
    expectTypeOf<OpenAI.ChatCompletionCreateParamsStreaming>().toExtend<ChatRequest>();
    expectTypeOf<OpenAI.ChatCompletionMessageParam>().toExtend<ChatMessage>();
  });

  test('every field that an SDK knows is declared, not merely let through', () => {
    expectTypeOf<Exclude<keyof GroqChat.ChatCompletionCreateParamsBase, keyof ChatRequest>>().toBeNever();
    expectTypeOf<Exclude<keyof OpenAIChat.ChatCompletionCreateParamsBase, keyof ChatRequest>>().toBeNever();
    expectTypeOf<
      Exclude<
        keyof ChatRequest,
        keyof GroqChat.ChatCompletionCreateParamsBase | keyof OpenAIChat.ChatCompletionCreateParamsBase
      >
    >().toEqualTypeOf<'priority' | 'context' | 'queueTimeout' | 'fallbacks' | 'signal' | 'continueOnBreak'>();
  });
});

describe('results are results of the SDKs', () => {
  test('groq-sdk', () => {
    assertType<Groq.Chat.ChatCompletion>(completion);
    assertType<Groq.Chat.ChatCompletionChunk>(chunk);
    expectTypeOf<ToolCall>().toExtend<Groq.Chat.ChatCompletionMessageToolCall>();
    expectTypeOf<Usage>().toExtend<Groq.CompletionUsage>();
  });

  test('openai', () => {
    assertType<OpenAI.ChatCompletion>(completion);
    assertType<OpenAI.ChatCompletionChunk>(chunk);
    expectTypeOf<ToolCall>().toExtend<OpenAI.ChatCompletionMessageToolCall>();
    expectTypeOf<Usage>().toExtend<OpenAI.CompletionUsage>();
  });
});

describe('a request needs no annotation', () => {
  test('written in a map before an operator', () => {
    const chunks = of('a').pipe(
      map(text => ({ model: 'm', messages: [{ role: 'user', content: text }], priority: 1 })),
      paced,
    );
    expectTypeOf(chunks).toEqualTypeOf<Observable<ChatChunk>>();
  });

  test('nor with mixed contents, tools and a response format', () => {
    of('a').pipe(
      map(text => ({
        model: 'm',
        messages: [
          { role: 'system', content: 'Be short.' },
          {
            role: 'user',
            content: [
              { type: 'text', text },
              { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
            ],
          },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: '1', content: '42' },
        ],
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
        response_format: { type: 'json_object' },
        reasoning_effort: text === '' ? 'low' : undefined,
        context: { text },
      })),
      paced,
    );
  });

  test('kept in a const, where literals widen to string', () => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'x' }], tools: [{ type: 'browser_search' }] };
    send(request);
    send({ ...request, service_tier: 'flex', fallbacks: ['n'], priority: new BehaviorSubject(3) });
  });

  test('with readonly arrays', () => {
    const request = {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
      stop: ['\n'],
      fallbacks: ['n'],
    } as const;
    send(request);
  });

  test('with fields left out in any way', () => {
    send({ model: 'm', messages: [], temperature: undefined, priority: undefined, stop: null, queueTimeout: null });
  });

  test('with fields that the API has got since, by way of a spread', () => {
    send({ model: 'm', messages: [], ...{ brand_new: true } });
    // @ts-expect-error -- in the literal itself an unknown name is more likely a slip of the pen
    send({ model: 'm', messages: [], temprature: 1 });
  });
});

describe('what is wrong does not compile', () => {
  test('required fields', () => {
    // @ts-expect-error -- no model
    send({ messages: [] });
    // @ts-expect-error -- no messages
    send({ model: 'm' });
    // @ts-expect-error -- no role
    send({ model: 'm', messages: [{ content: 'x' }] });
  });

  test('wrong kinds', () => {
    // @ts-expect-error -- a word instead of 1 to 10
    send({ model: 'm', messages: [], priority: 'high' });
    // @ts-expect-error -- a string instead of messages
    send({ model: 'm', messages: 'x' });
    // @ts-expect-error -- a part instead of a list of parts
    send({ model: 'm', messages: [{ role: 'user', content: { type: 'text', text: 'x' } }] });
  });
});

describe('results are handy', () => {
  test('the first choice of an answer is always there', () => {
    expectTypeOf(completion.choices[0].message.content).toEqualTypeOf<string | null>();
    expectTypeOf(completion.choices[1]).toExtend<object | undefined>();
    // @ts-expect-error -- a chunk may come without any
    chunk.choices[0].delta;
  });

  test('an answer can be put among the messages of the next request', () => {
    send({ model: 'm', messages: [{ role: 'user', content: 'x' }, completion.choices[0].message] });
  });
});

test('no type is `any`, however deep', () => {
  // But for `reason` of an AbortSignal, which is the platform's.
  expectTypeOf<PathsOfAny<Omit<ChatRequest, 'signal'>>>().toBeNever();
  expectTypeOf<PathsOfAny<ChatChunk>>().toBeNever();
  expectTypeOf<PathsOfAny<ChatCompletion>>().toBeNever();
  // The check itself finds one.
  expectTypeOf<PathsOfAny<{ a: { b: ReturnType<typeof JSON.parse>[] } }>>().toEqualTypeOf<'.a.b[]'>();
});

type PathsOfAny<T, Path extends string = ''> = 0 extends 1 & T
  ? Path
  : T extends string | number | boolean | null | undefined | Observable<unknown>
    ? never
    : T extends readonly (infer Item)[]
      ? PathsOfAny<Item, `${Path}[]`>
      : T extends object
        ? { [Key in keyof T & string]-?: PathsOfAny<T[Key], `${Path}.${Key}`> }[keyof T & string]
        : never;
