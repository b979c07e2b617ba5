import { createChatClient } from 'rx-groq';
import { concat, NEVER, of } from 'rxjs';
import { expect, test } from 'vitest';
import { closing, record } from './harness.js';

/* What an answer took whose usage never comes is told by what came of it: three characters a token, here sixty characters each time. */

const said = 'x'.repeat(60);
const half = 'x'.repeat(30);
const call = { index: 0, function: { name: 'f', arguments: said } };

test.each([
  { name: 'text', choices: [{ content: said }] },
  { name: 'reasoning', choices: [{ reasoning: said }] },
  { name: 'reasoning of vLLM', choices: [{ reasoning_content: said }] },
  { name: 'reasoning under both names, once', choices: [{ reasoning: said, reasoning_content: said }] },
  {
    name: 'parts',
    choices: [
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: half }] },
          { type: 'text', text: half },
        ],
      },
    ],
  },
  { name: 'a refusal', choices: [{ refusal: said }] },
  { name: 'arguments of a tool', choices: [{ tool_calls: [call] }] },
  {
    name: 'arguments of a function, as they were before tools',
    choices: [{ function_call: { name: 'f', arguments: said } }],
  },
  { name: 'two choices', choices: [{ content: half }, { content: half }] },
])('$name', ({ choices }) => {
  const chunk = {
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: choices.map((delta, index) => ({ index, delta, finish_reason: null })),
  };
  const bytes = new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`);
  const client = closing(
    createChatClient(
      { m: { base_url: 'http://m.test/v1', token_per_minute: 1000, dialect: 'openai' } },
      {
        tokenCounter: () => 10,
        transport: () => concat(of({ status: 200, headers: { 'content-type': 'text/event-stream' } }, bytes), NEVER),
      },
    ),
  );
  const answer = record(
    client.stream({ model: 'm', messages: [{ role: 'user', content: '?' }], max_completion_tokens: 500 }),
  );
  const used = () => client.limits('m').windows.find(({ unit }) => unit === 'tokens')?.used;
  expect(answer.values).toHaveLength(1);
  expect(used()).toBe(510);
  answer.subscription.unsubscribe();
  expect(used()).toBe(30);
});
