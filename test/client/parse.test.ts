import { AnswerInvalidError, type ChatRequest, type StandardSchema } from 'rx-groq';
import { firstValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answering, ask, clientFor, eventsOf, MODEL, record, simulate } from './harness.js';

const Person = z.object({ name: z.string(), age: z.number().nullable() });

/** The 400 of this message for the next request. */
const refusal = (message: string, more: object = {}) =>
  ({ kind: 'status', status: 400, body: { error: { message, type: 'invalid_request_error', ...more } } }) as const;
const unknownFormat = refusal('This model does not support response format `json_schema`.');

describe('client.parse', () => {
  test('sends the schema, strict, and gives the value', async () => {
    const { client, bodies } = await answering('{"name":"Ada","age":36}');
    const person = await firstValueFrom(client.parse(ask(), Person, { name: 'person' }));
    expect(person).toEqual({ name: 'Ada', age: 36 });
    expect(bodies[0]?.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'person', strict: true, schema: { additionalProperties: false, required: ['name', 'age'] } },
    });
  });

  test('gives the value as the schema transforms it, of whatever the server makes of the schema alone', async () => {
    const client = clientFor(await simulate());
    const value = await firstValueFrom(client.parse(ask(), z.object({ list: z.array(z.int()), ok: z.boolean() })));
    expect(value).toEqual({ list: expect.any(Array), ok: expect.any(Boolean) });
  });

  test('sends nothing before it is subscribed, and a request each time', async () => {
    const { simulator, client } = await answering('{"name":"Ada","age":null}');
    const person$ = client.parse(ask(), Person);
    expect(simulator.stats().requests).toBe(0);
    await firstValueFrom(person$);
    await firstValueFrom(person$);
    expect(simulator.stats().requests).toBe(2);
  });

  test('leaves a response_format of the request as it is, for schemas of any library', async () => {
    const { client, bodies } = await answering('{"x":1}');
    const valibot: StandardSchema<unknown, { x: number }> = {
      '~standard': { version: 1, vendor: 'valibot', validate: value => ({ value: value as { x: number } }) },
    };
    const request = ask('as JSON', { response_format: { type: 'json_object' } });
    expect(await firstValueFrom(client.parse(request, valibot))).toEqual({ x: 1 });
    expect(bodies[0]?.response_format).toEqual({ type: 'json_object' });
    expect(() => client.parse(ask(), valibot)).toThrow(/valibot.*write response_format by hand/);
  });

  test('an answer that does not fit is an error that keeps the text; the request itself has completed', async () => {
    const { client, simulator } = await answering('{"name":7}');
    const events = eventsOf(client);
    const { error } = await record(client.parse(ask(), Person)).end;
    expect(error).toBeInstanceOf(AnswerInvalidError);
    expect(error).toMatchObject({ reason: 'schema', text: '{"name":7}', model: MODEL, attempts: 1, retryable: false });
    expect(events.map(({ type }) => type)).toEqual(['queued', 'admitted', 'sent', 'head', 'completed']);
    expect(simulator.stats()).toMatchObject({ requests: 1, aborted: 0 });
  });

  test('an answer that its cap cuts', async () => {
    const { client } = await answering('{"name":"Ada Lovelace, Countess of Lovelace","age":36}');
    const { error } = await record(client.parse(ask('Who?', { max_completion_tokens: 4 }), Person)).end;
    expect(error).toMatchObject({ kind: 'answer_invalid', reason: 'cut', finishReason: 'length' });
    expect((error as AnswerInvalidError).text).toMatch(/^\{"name/);
  });

  test('an invalid request is told as such', async () => {
    const { client } = await answering('{}');
    const { error } = await record(client.parse({ model: MODEL } as ChatRequest, Person)).end;
    expect(error).toMatchObject({ kind: 'request_invalid', field: 'messages' });
    const { error: none } = await record(client.parse(undefined as never, Person)).end;
    expect(none).toMatchObject({ kind: 'request_invalid' });
  });

  test.each([-1, 1.5, '2'])('reask: %j is a mistake when it is called', async reask => {
    const { client } = await answering('{}');
    expect(() => client.parse(ask(), Person, { reask: reask as number })).toThrow(/reask: expected an integer/);
  });
});

describe('client.parse with reask', () => {
  test('sends the answer back with what is wrong, until it fits', async () => {
    const { client, bodies } = await answering('{"name":7,"age":1}', 'Sorry!', '{"name":"Ada","age":1}');
    expect(await firstValueFrom(client.parse(ask('Who?'), Person, { reask: 2 }))).toEqual({ name: 'Ada', age: 1 });
    const user = { role: 'user', content: 'Who?' };
    const told = (content: RegExp) => ({ role: 'user', content: expect.stringMatching(content) });
    expect(bodies.map(({ messages }) => messages)).toEqual([
      [user],
      [user, { role: 'assistant', content: '{"name":7,"age":1}' }, told(/does not fit: name: .*string/)],
      [
        user,
        { role: 'assistant', content: '{"name":7,"age":1}' },
        told(/does not fit/),
        { role: 'assistant', content: 'Sorry!' },
        told(/not valid JSON/),
      ],
    ]);
    expect(bodies.every(({ response_format }) => response_format !== undefined)).toBe(true);
  });

  test('gives up after so many, with the last answer', async () => {
    const { client, bodies } = await answering('one', 'two', 'three');
    const { error } = await record(client.parse(ask(), Person, { reask: 1 })).end;
    expect(error).toMatchObject({ kind: 'answer_invalid', reason: 'not_json', text: 'two', attempts: 2 });
    expect(bodies).toHaveLength(2);
  });

  test.each([0, 1])('names the last request, as events$ do (continueOnBreak: %j)', async continueOnBreak => {
    const { client } = await answering('one', 'two');
    const events = eventsOf(client);
    const request = ask('as JSON', { continueOnBreak, response_format: { type: 'json_object' } });
    const { error } = await record(client.parse(request, Person, { reask: 1 })).end;
    const ids = events.flatMap(({ id, type }) => (type === 'completed' ? id : []));
    expect(ids).toHaveLength(2);
    expect(error).toMatchObject({ kind: 'answer_invalid', requestId: ids[1] });
  });

  test('takes what Groq itself refuses (json_validate_failed) for a mistake of the model', async () => {
    const { client, simulator, bodies } = await answering('{"name":"Ada","age":1}');
    simulator.fault(
      refusal('Failed to generate JSON. Please adjust your prompt.', {
        code: 'json_validate_failed',
        failed_generation: '{"name":',
      }),
    );
    expect(await firstValueFrom(client.parse(ask(), Person, { reask: 1 }))).toEqual({ name: 'Ada', age: 1 });
    expect(bodies[0]?.messages).toMatchObject([{}, { role: 'assistant', content: '{"name":' }, { role: 'user' }]);
  });

  test('does not ask again after any other error', async () => {
    const { client, simulator } = await answering('{}');
    simulator.fault(refusal('Something else.'));
    const { error } = await record(client.parse(ask(), Person, { reask: 5 })).end;
    expect(error).toMatchObject({ kind: 'api', status: 400 });
    expect(simulator.stats().faults).toBe(1);
  });

  test('each is paced like any request', async () => {
    const simulator = await simulate({ answer: () => 'no JSON' });
    const client = clientFor(simulator, { windows: [{ limit: 2, per: '1h' }] });
    const recorded = record(client.parse(ask(), Person, { reask: 5 }));
    await simulator.until(({ completed }) => completed === 2);
    await expect.poll(() => client.limits(MODEL).queued).toBe(1);
    expect(recorded.ended).toBe(false);
    recorded.subscription.unsubscribe();
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
    expect(simulator.stats().requests).toBe(2);
  });
});

describe('client.parse and a model without json_schema', () => {
  test('sends json_object, with the schema in the prompt; and remembers', async () => {
    const { client, simulator, bodies } = await answering('{"name":"Ada","age":1}');
    simulator.fault(unknownFormat);
    const ada = { name: 'Ada', age: 1 };
    expect(await firstValueFrom(client.parse(ask('Who?'), Person))).toEqual(ada);
    expect(await firstValueFrom(client.parse(ask('Who?'), Person))).toEqual(ada);
    expect(simulator.stats().faults).toBe(1);
    for (const body of bodies) {
      expect(body.response_format).toEqual({ type: 'json_object' });
      expect(body.messages).toEqual([
        { role: 'system', content: expect.stringMatching(/JSON Schema\.\n.*"required":\["name","age"\]/) },
        { role: 'user', content: 'Who?' },
      ]);
    }
  });

  test('a schema that the server finds wrong is an error all the same', async () => {
    const { client, simulator } = await answering('{}');
    simulator.fault(refusal("Invalid schema for response_format 'answer'."));
    const { error } = await record(client.parse(ask(), Person)).end;
    expect(error).toMatchObject({ kind: 'api', status: 400 });
  });
});
