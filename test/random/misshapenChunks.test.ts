import fc from 'fast-check';
import {
  type ChatChunk,
  createChatClient,
  isChatError,
  timing,
  toCompletion,
  toolCallDeltas,
  toText,
  usage,
} from 'rx-groq';
import { from, of } from 'rxjs';
import { expect, test } from 'vitest';
import { record } from '../client/harness.js';
import { longest, runs } from './plan.js';

/** A chunk that has all that one can have. */
const full = {
  id: 'x',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      delta: {
        role: 'assistant',
        content: 'Hi',
        reasoning: 'hm',
        refusal: null,
        function_call: { name: 'f', arguments: '{}' },
        executed_tools: [{ index: 0, type: 't', arguments: '{}' }],
        tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      finish_reason: null,
      logprobs: { content: [{ token: 'a', bytes: null, logprob: 0, top_logprobs: [] }], refusal: null },
    },
  ],
  usage: {
    prompt_tokens: 1,
    completion_tokens: 1,
    total_tokens: 2,
    prompt_tokens_details: { cached_tokens: 0 },
    queue_time: 0.1,
    completion_time: 1,
  },
  x_groq: { id: 'r', usage: null, error: null },
};
const ends =
  'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

type Branch = Record<string, unknown>;
const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null;
/** The ways to every value in it. */
const pathsOf = (branch: Branch): string[][] =>
  Object.entries(branch).flatMap(([key, value]) => [
    [key],
    ...(isBranch(value) ? pathsOf(value).map(path => [key, ...path]) : []),
  ]);

const anything = fc.oneof(fc.constantFrom(null, true, -1, 1.5, 1e300, '', 'x', [], {}, [null], [[]]), fc.jsonValue());
const changes = fc.array(fc.tuple(fc.constantFrom(...pathsOf(full)), anything), { minLength: 1, maxLength: 2 });

/** The full chunk with other values in some places. */
function changed(places: readonly (readonly [string[], unknown])[]): unknown {
  const chunk: Branch = structuredClone(full);
  for (const [path, value] of places) {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isBranch(at) ? at[key] : undefined), chunk);
    if (isBranch(parent)) parent[path.at(-1)!] = structuredClone(value); // or what is put into it would be in every other
  }
  return chunk;
}

test(
  'whatever stands where in a chunk, it is read or it is a typed error; operators and windows are none the worse',
  () => {
    fc.assert(
      fc.property(changes, places => {
        const bytes = new TextEncoder().encode(`data: ${JSON.stringify(changed(places))}\n\n${ends}`);
        const client = createChatClient(
          { m: { base_url: 'http://m.test/v1', token_per_minute: 1e6 } },
          {
            retry: { maxRetries: 0, maxRefusals: 0 },
            tokenCounter: () => 1,
            transport: () => of({ status: 200, headers: { 'content-type': 'text/event-stream' } }, bytes),
          },
        );
        const { values, log, error } = record(
          client.stream({ model: 'm', messages: [{ role: 'user', content: '?' }] }),
        );
        if (log.at(-1) !== 'complete')
          expect(isChatError(error) && error.kind).toMatch(/^(stream_broken|api|rate_limit)$/);
        for (const { used, available } of client.limits('m').windows)
          expect([used, available].every(Number.isFinite)).toBe(true);
        client.close();

        const chunks$ = from(values as ChatChunk[]);
        for (const read$ of [toCompletion(), toText(), toolCallDeltas(), usage()].map(operator =>
          chunks$.pipe(operator as never),
        )) {
          const read = record(read$);
          if (read.log.at(-1) !== 'complete') expect(isChatError(read.error)).toBe(true);
        }
        const [{ serverQueueMs, tokensPerSecond }] = record(chunks$.pipe(timing())).values as [never];
        expect([serverQueueMs ?? 0, tokensPerSecond ?? 0].every(Number.isFinite)).toBe(true);
      }),
      runs(300),
    );
  },
  longest,
);
