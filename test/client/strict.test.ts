import { createChatClient } from 'rx-groq';
import { chunkSchema } from 'rx-groq/testing';
import { lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { groq } from '../decode/wireForms/groq.js';
import { wireForms } from '../decode/wireForms/index.js';
import { ask, clientFor, closing, record, simulate } from './harness.js';

const strict = { strict: chunkSchema };

/** A client whose server answers with this body. */
function answering(body: string, options: Parameters<typeof createChatClient>[1] = strict) {
  const bytes = new TextEncoder().encode(body);
  const transport = () => of({ status: 200, headers: { 'content-type': 'text/event-stream' } }, bytes);
  const entry = { base_url: 'http://m.test/v1' };
  return closing(createChatClient({ m: entry }, { ...options, transport, retry: { maxRetries: 0 } }));
}

const request = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };
const choice = (delta: object, finish_reason: string | null = null) => ({
  index: 0,
  delta,
  finish_reason,
  logprobs: null,
});
const chunk = (choices: object[], more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`;
const end = `${chunk([choice({}, 'stop')])}data: [DONE]\n\n`;

describe('strict', () => {
  test('lets all pass that Groq and the simulator say', async () => {
    for (const form of groq.filter(({ error }) => !error)) {
      const { error, values } = await record(answering(form.body).stream(request)).end;
      expect(error, form.name).toBeUndefined();
      expect(values).toHaveLength(form.chunks);
    }
    const client = clientFor(await simulate(), {}, strict);
    const tools = [{ type: 'function' as const, function: { name: 'get_time', parameters: { type: 'object' } } }];
    const asked = [ask(), ask('x', { reasoning_format: 'parsed' }), ask('What is the time?', { tools })];
    for (const one of asked) await lastValueFrom(client.stream(one).pipe(toArray()));
  });

  const departures = [
    { name: 'no id', body: chunk([choice({ content: 'a' })], { id: undefined }), says: 'id: ' },
    { name: 'another object', body: chunk([choice({ content: 'a' })], { object: 'chunk' }), says: 'object: ' },
    {
      name: 'a chunk that is called whole, which is mended elsewhere',
      body: chunk([choice({ content: 'a' })], { object: 'chat.completion' }),
      says: 'object: ',
    },
    {
      name: 'a usage without choices, which is mended elsewhere',
      body: chunk([], { choices: undefined, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
      says: 'choices: ',
    },
    {
      name: 'an unknown finish reason',
      body: chunk([choice({ content: 'a' }, 'eos')]),
      says: 'choices[0].finish_reason: ',
    },
    { name: 'a role that is none', body: chunk([choice({ role: 7, content: 'a' })]), says: 'choices[0].delta.role: ' },
    {
      name: 'tokens of a usage as text',
      body: chunk([], { usage: { prompt_tokens: '1' } }),
      says: 'usage.prompt_tokens: ',
    },
  ];
  test.each(departures)('$name: a StreamBrokenError that says where, with what came before', async ({ body, says }) => {
    const { error, values } = await record(answering(chunk([choice({ content: 'Hi' })]) + body + end).stream(request))
      .end;
    expect(error).toMatchObject({
      kind: 'stream_broken',
      status: 200,
      received: [{ id: 'c' }],
      model: 'm',
      requestId: 'rx-1',
    });
    expect((error as Error).message).toContain('The stream holds a chunk that is not what the schema describes');
    expect((error as Error).message).toContain(says);
    expect(values).toHaveLength(1);
    // Without it all of that passes.
    expect(
      (await record(answering(chunk([choice({ content: 'Hi' })]) + body + end, {}).stream(request)).end).error,
    ).toBeUndefined();
  });

  test('sees each chunk, also those that are alike but for their text', async () => {
    const short = z.looseObject({
      choices: z.array(z.looseObject({ delta: z.looseObject({ content: z.string().max(3).optional() }) })),
    });
    const body = ['ab', 'abc', 'abcd', 'ab'].map(content => chunk([choice({ content })])).join('') + end;
    const { error, values } = await record(answering(body, { strict: short }).stream(request)).end;
    expect((error as Error).message).toContain('choices[0].delta.content: ');
    expect(values).toHaveLength(2);
  });

  test('is another server’s to keep: most are not as the API says', async () => {
    const strange = wireForms.filter(
      ({ error, type, status }) => !error && status === 200 && type === 'text/event-stream',
    );
    const ends = await Promise.all(strange.map(({ body }) => record(answering(body).stream(request)).end));
    const broken = strange.filter((_, index) => ends[index]!.error);
    expect(broken.length).toBeGreaterThan(5);
    expect(ends.filter(({ error }) => error).map(({ error }) => error)).toEqual(
      broken.map(() => expect.objectContaining({ kind: 'stream_broken' })),
    );
  });

  test('what is no schema is a TypeError at construction; one that answers later breaks the request', async () => {
    expect(() => createChatClient({}, { strict: {} as never })).toThrow('strict: expected a schema of a library');
    const later = z.any().refine(async () => true);
    const { error } = await record(answering(end, { strict: later }).stream(request)).end;
    expect((error as { cause?: Error }).cause?.message).toBe('strict: expected a schema that answers at once');
  });
});
