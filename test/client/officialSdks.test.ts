import type OpenAI from 'openai';
import { type ChatRequest, toCompletion } from 'rx-groq';
import { firstValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { MODEL, question, type Sdk, sdks, weather } from '../fetch/sdks.js';
import { clientFor, KEY, simulate } from './harness.js';

/*
 * The same conversation through the official SDKs and through us: same text, same tool calls, same usage. The simulator answers the same
 * question alike each time, whoever asks.
 */

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>;

/** What an answer says, apart from ids and times. */
interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: string | null | undefined;
  readonly tokens: readonly (number | undefined)[];
}

type Message = { content?: string | null; reasoning?: string | null; tool_calls?: readonly object[] | null };
type Call = { id: string; function: { name: string; arguments: string } };
type Usage = { prompt_tokens: number; completion_tokens: number; total_tokens: number };

const tokensOf = (usage?: Usage | null) => [usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens];

function saidIn({
  choices,
  usage,
}: {
  choices: readonly { message: object; finish_reason: string | null }[];
  usage?: Usage | null;
}): Said {
  const { message, finish_reason: finish } = choices[0]!;
  const { content, reasoning, tool_calls: calls } = message as Message;
  const toolCalls = ((calls ?? []) as Call[]).map(({ id, function: { name, arguments: args } }) => ({
    id,
    name,
    arguments: args,
  }));
  return { text: content ?? '', reasoning: reasoning ?? '', toolCalls, finish, tokens: tokensOf(usage) };
}

/** A stream of an SDK put together as its documentation says: deltas by index. */
async function saidByStream(sdk: Sdk, body: Body): Promise<Said> {
  const said = {
    text: '',
    reasoning: '',
    finish: undefined as string | null | undefined,
    usage: undefined as Usage | undefined,
  };
  const calls: { id: string; name: string; arguments: string }[] = [];
  for await (const { choices, usage } of await sdk.chat.completions.create({ ...body, stream: true })) {
    if (usage) said.usage = usage;
    const choice = choices[0];
    if (!choice) continue;
    said.finish = choice.finish_reason ?? said.finish;
    said.text += choice.delta.content ?? '';
    said.reasoning += (choice.delta as Message).reasoning ?? '';
    for (const { index, id, function: called } of choice.delta.tool_calls ?? []) {
      calls[index] ??= { id: '', name: '', arguments: '' };
      calls[index].id += id ?? '';
      calls[index].name += called?.name ?? '';
      calls[index].arguments += called?.arguments ?? '';
    }
  }
  const { text, reasoning, finish, usage } = said;
  return { text, reasoning, toolCalls: calls, finish, tokens: tokensOf(usage) };
}

const conversations: readonly { readonly name: string; readonly body: Body; readonly has: (said: Said) => boolean }[] =
  [
    { name: 'a sum', body: question(), has: ({ text }) => text === '14 (simulated)' },
    {
      name: 'prose',
      body: { ...question('Why is the sky blue?'), max_completion_tokens: 400 },
      has: ({ text, finish }) => text.length > 50 && finish === 'stop',
    },
    {
      name: 'prose that its cap cuts',
      body: { ...question('Tell me of the sea.'), max_completion_tokens: 5 },
      has: ({ finish, tokens }) => finish === 'length' && tokens[1] === 5,
    },
    {
      name: 'reasoning',
      body: { ...question('What is 6*7?'), reasoning_effort: 'medium', max_completion_tokens: 300 },
      has: ({ reasoning, text }) => reasoning !== '' && text !== '',
    },
    {
      name: 'a tool call',
      body: { ...question('How is it in Paris?'), ...weather },
      has: ({ toolCalls, finish }) => toolCalls[0]?.name === 'weather' && finish === 'tool_calls',
    },
    {
      name: 'the answer after a tool has given its result',
      body: {
        ...question(),
        tools: weather.tools,
        messages: [
          { role: 'user', content: 'How is it in Paris?' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'call_1', content: '{"sky":"clear"}' },
        ],
      },
      has: ({ text, toolCalls, finish }) => text !== '' && toolCalls.length === 0 && finish === 'stop',
    },
    {
      name: 'JSON',
      body: { ...question('As JSON: what is 2+2?'), response_format: { type: 'json_object' } },
      has: ({ text }) => typeof JSON.parse(text) === 'object',
    },
    {
      name: 'several turns',
      body: {
        model: MODEL,
        messages: [
          { role: 'system', content: 'Be brief. 简短。🙂' },
          { role: 'user', content: 'What is 1+1?' },
          { role: 'assistant', content: '2' },
          { role: 'user', content: 'What is 20+3?' },
        ],
        max_completion_tokens: 50,
        seed: 7,
      },
      has: ({ text }) => text.startsWith('23'),
    },
  ];

describe.each(sdks)('as $name has it', ({ make }) => {
  test.each(conversations)('$name', async ({ body, has }) => {
    const simulator = await simulate({ tokensPerSecond: 20_000 });
    const sdk = make({ url: simulator.url, apiKey: KEY });
    const client = clientFor(simulator);
    const request: ChatRequest = body;

    const theirs = saidIn(await sdk.chat.completions.create(body));
    expect(theirs).toSatisfy(has);
    expect(await saidByStream(sdk, body)).toEqual(theirs);
    expect(saidIn(await firstValueFrom(client.stream(request).pipe(toCompletion())))).toEqual(theirs);
    expect(saidIn(await firstValueFrom(client.complete(request)))).toEqual(theirs);
    expect(saidIn(await firstValueFrom(client.complete({ ...request, stream: false })))).toEqual(theirs);
    expect(simulator.stats()).toMatchObject({ requests: 5, completed: 5 });
  });
});
