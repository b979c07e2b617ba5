import { getEventListeners } from 'node:events';
import {
  AnswerInvalidError,
  type ChatChunk,
  type ChatMessage,
  type ChatRequest,
  createChatClient,
  type ToolCall,
  type ToolEvent,
  toText,
} from 'rx-groq';
import { delta as fakeDelta, marbleTransport } from 'rx-groq/testing';
import { concatMap, delay, filter, firstValueFrom, from, last, map, NEVER, of, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  answering,
  ask,
  type Body,
  clientFor,
  closing,
  configFor,
  eventsOf,
  MODEL,
  record,
  type Say,
} from './harness.js';

const calls = (...toolCalls: [name: string, args: unknown][]): Say => ({
  toolCalls: toolCalls.map(([name, args]) => ({ name, arguments: args })),
});

const add = {
  description: 'Adds two numbers',
  parameters: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }: { a: number; b: number }): unknown => a + b,
};
const never = { parameters: z.object({}), run: (): unknown => NEVER };

/** What the model was told in the last round, by the call's place. */
const told = (bodies: readonly Body[]) => bodies.at(-1)!.messages.filter(({ role }) => role === 'tool');
const withoutChunks = (events: readonly ToolEvent[]) => events.filter(({ type }) => type !== 'chunk');
const done = (events: readonly ToolEvent[]) => events.at(-1) as Extract<ToolEvent, { type: 'done' }>;

describe('client.runTools', () => {
  test('gives the results to the model, and its answer in the end', async () => {
    const { client, bodies } = await answering(calls(['add', { a: 2, b: 3 }]), 'It is 5.');
    const events = await firstValueFrom(client.runTools(ask('2+3?'), { add }).pipe(toArray()));

    const id = expect.stringMatching(/^call_/);
    expect(withoutChunks(events)).toMatchObject([
      { type: 'call', round: 1, id, name: 'add', arguments: { a: 2, b: 3 } },
      { type: 'result', round: 1, id, name: 'add', ok: true, value: 5 },
      { type: 'done', outcome: 'answered', rounds: 2 },
    ]);
    expect(done(events).completion.choices[0].message.content).toBe('It is 5.');
    expect(done(events).messages).toEqual([
      { role: 'user', content: '2+3?' },
      expect.objectContaining({ role: 'assistant', tool_calls: [expect.objectContaining({ id })] }),
      { role: 'tool', tool_call_id: id, content: '5' },
      expect.objectContaining({ role: 'assistant', content: 'It is 5.' }),
    ]);
    expect(bodies[1]?.messages).toEqual(done(events).messages.slice(0, 3));
    expect(bodies[0]?.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'add',
          description: 'Adds two numbers',
          parameters: expect.objectContaining({ type: 'object', required: ['a', 'b'] }),
        },
      },
    ]);
  });

  test('the chunks of all rounds are there as they come', async () => {
    const { client } = await answering(calls(['add', { a: 2, b: 3 }]), 'It is 5.');
    const text$ = client.runTools(ask(), { add }).pipe(
      filter(event => event.type === 'chunk' && event.round === 2),
      map(event => (event as Extract<ToolEvent, { type: 'chunk' }>).chunk),
      toText(),
    );
    expect(await firstValueFrom(text$)).toBe('It is 5.');
  });

  test('the calls of one round run at once; the model is told in the order of its calls', async () => {
    const { client, bodies } = await answering(calls(['slow', {}], ['quick', {}]), 'Fine.');
    const running: string[] = [];
    let finishSlow = (_: string): void => {};
    const slow = new Promise<string>(resolve => {
      finishSlow = resolve;
    });
    const none = z.object({});
    const events = await firstValueFrom(
      client
        .runTools(ask(), {
          slow: {
            parameters: none,
            run: () => {
              running.push('slow');
              return slow;
            },
          },
          quick: {
            parameters: none,
            run: () => {
              running.push('quick');
              finishSlow('at last');
              return ['first', 'of all'];
            },
          },
        })
        .pipe(toArray()),
    );
    expect(running).toEqual(['slow', 'quick']);
    expect(withoutChunks(events).map(event => [event.type, 'name' in event && event.name])).toEqual([
      ['call', 'slow'],
      ['call', 'quick'],
      ['result', 'quick'],
      ['result', 'slow'],
      ['done', false],
    ]);
    expect(told(bodies).map(({ content }) => content)).toEqual(['at last', '["first","of all"]']);
  });

  test.each([
    ['a text', 'so', 'so'],
    ['a list', [1, 2], '[1,2]'],
    ['nothing', undefined, ''],
    ['a promise', Promise.resolve({ x: 1 }), '{"x":1}'],
    ['an Observable: its last value', of('a', 'b').pipe(delay(0)), 'b'],
    ['an Observable without a value', of(), ''],
    [
      'an async iterable',
      (async function* () {
        yield 'one';
        yield 'two';
      })(),
      'two',
    ],
  ])('a result may be %s', async (_, result, content) => {
    const { client, bodies } = await answering(calls(['give', {}]), 'Fine.');
    await firstValueFrom(
      client.runTools(ask(), { give: { parameters: z.object({}), run: () => result } }).pipe(last()),
    );
    expect(told(bodies)).toMatchObject([{ role: 'tool', content }]);
  });

  test.each([
    [
      'throws',
      'add',
      { a: 1, b: 2 },
      () => {
        throw new Error('no network');
      },
      'failed',
      'Error: no network',
    ],
    ['rejects', 'add', { a: 1, b: 2 }, () => Promise.reject('busy'), 'failed', 'Error: busy'],
    ['gives what JSON can not carry', 'add', { a: 1, b: 2 }, () => 1n, 'failed', /^Error: .*BigInt/],
    [
      'gets arguments that do not fit',
      'add',
      { a: 'one', b: 2 },
      () => 1,
      'arguments',
      /^Error: That JSON does not fit: a: .*number/,
    ],
    ['gets arguments that are no JSON', 'add', 'a=1', () => 1, 'arguments', /^Error: That is not valid JSON/],
    ['does not exist', 'subtract', {}, () => 1, 'unknown_tool', 'Error: there is no tool "subtract", only: add'],
    ['has the name of something that every object has', 'toString', {}, () => 1, 'unknown_tool', /no tool "toString"/],
  ] as [string, string, unknown, () => unknown, string, string | RegExp][])(
    'a tool that %s: the model is told, and goes on',
    async (_, name, args, run, reason, content) => {
      const { client, bodies } = await answering(calls([name, args]), 'Well.');
      const events = await firstValueFrom(client.runTools(ask(), { add: { ...add, run } }).pipe(toArray()));
      expect(events.find(({ type }) => type === 'result')).toMatchObject({ ok: false, name, reason });
      expect(done(events)).toMatchObject({ outcome: 'answered', rounds: 2 });
      const text = typeof content === 'string' ? content : expect.stringMatching(content);
      expect(told(bodies)).toEqual([{ role: 'tool', tool_call_id: expect.any(String), content: text }]);
    },
  );

  test('a tool that never returns is ended by toolTimeout, its signal aborted', async () => {
    const { client, bodies } = await answering(calls(['wait', {}]), 'Well.');
    const signals: AbortSignal[] = [];
    const wait = {
      parameters: z.object({}),
      run: (_: object, { signal }: { signal: AbortSignal }) => {
        signals.push(signal);
        return NEVER;
      },
    };
    const events = await firstValueFrom(client.runTools(ask(), { wait }, { toolTimeout: 5 }).pipe(toArray()));
    expect(events.find(({ type }) => type === 'result')).toMatchObject({ ok: false, reason: 'timeout' });
    expect(told(bodies)).toMatchObject([{ content: 'Error: the tool has not answered within 5 ms' }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('so is a schema that asks somebody else, and never hears of it', async () => {
    const { client, bodies } = await answering(calls(['add', { a: 1, b: 1 }]), 'Well.');
    const parameters = add.parameters.refine(() => new Promise<boolean>(() => {}));
    const events = await firstValueFrom(
      client.runTools(ask(), { add: { ...add, parameters } }, { toolTimeout: 5 }).pipe(toArray()),
    );
    const types = events.map(({ type }) => type).filter(type => type !== 'chunk');
    expect(types).toEqual(['result', 'done']);
    expect(events.find(({ type }) => type === 'result')).toMatchObject({ ok: false, reason: 'timeout' });
    expect(told(bodies)).toMatchObject([{ content: 'Error: the tool has not answered within 5 ms' }]);
  });

  test('a tool that has returned keeps a signal that is not aborted', async () => {
    const { client } = await answering(calls(['add', { a: 1, b: 1 }]), 'Well.');
    const signals: AbortSignal[] = [];
    await firstValueFrom(
      client.runTools(ask(), { add: { ...add, run: (_, { signal }) => signals.push(signal) } }).pipe(last()),
    );
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('maxRounds reached: the last answer, whose calls have not been run', async () => {
    const { client, bodies } = await answering(calls(['add', { a: 1, b: 1 }]));
    const events = await firstValueFrom(client.runTools(ask(), { add }, { maxRounds: 2 }).pipe(toArray()));
    expect(bodies).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'call')).toHaveLength(1);
    expect(done(events)).toMatchObject({ outcome: 'max_rounds', rounds: 2 });
    expect(done(events).completion.choices[0].message.tool_calls).toHaveLength(1);
  });

  test('arguments that the cap cuts are an error that keeps them; no tool is run', async () => {
    const { client, simulator } = await answering(
      calls(['add', { a: 1, b: 2 }], ['add', { a: 123456789, b: 987654321 }]),
    );
    const { error, values } = await record(client.runTools(ask('?', { max_completion_tokens: 12 }), { add })).end;
    expect(error).toBeInstanceOf(AnswerInvalidError);
    expect(error).toMatchObject({ reason: 'cut', finishReason: 'length', model: MODEL });
    expect((error as AnswerInvalidError).text).toMatch(/^\{"a"/);
    expect(values.filter(({ type }) => type === 'call')).toEqual([]);
    expect(simulator.stats().requests).toBe(1);
  });

  test('a tool_choice that forces a call counts once; tools of the request stay', async () => {
    const { client, bodies } = await answering(undefined);
    const mine = { type: 'function', function: { name: 'mine', parameters: { type: 'object' } } };
    const request = ask('?', { tools: [mine], tool_choice: { type: 'function', function: { name: 'add' } } });
    const events = await firstValueFrom(client.runTools(request, { add }).pipe(toArray()));
    expect(done(events)).toMatchObject({ outcome: 'answered', rounds: 2 });
    expect(bodies.map(({ tool_choice }) => tool_choice)).toEqual([request.tool_choice, 'auto']);
    expect(bodies[1]?.tools?.map(tool => tool.function.name)).toEqual(['mine', 'add']);
  });

  /** A server that calls both tools as these pieces say, then answers; and what it was told. */
  function calling(id: string | undefined, finish_reason: string) {
    const call = (index: number, name: string) => ({
      index,
      id,
      type: 'function',
      function: { name, arguments: '{}' },
    });
    const first = { role: 'assistant', content: null, tool_calls: [call(0, 'one'), call(1, 'two')] };
    const chunkOf = (delta: object, finish_reason: string | null) =>
      ({ ...fakeDelta(''), choices: [{ index: 0, delta, finish_reason }] }) as ChatChunk;
    const asked: ChatRequest[] = [];
    const transport = marbleTransport(request => {
      asked.push(request);
      return asked.length > 1 ? of('Well.') : of(chunkOf(first, null), chunkOf({}, finish_reason));
    });
    return { asked, client: closing(createChatClient(configFor({ url: 'http://fake.invalid' }), { transport })) };
  }
  const nothing = { parameters: z.object({}), run: () => 1 };

  test.each([undefined, ''])(
    'calls that the server gives no id (%j) get one, without which it takes no result',
    async id => {
      const { client, asked } = calling(id, 'tool_calls');
      const events = await firstValueFrom(client.runTools(ask(), { one: nothing, two: nothing }).pipe(toArray()));
      const [, { tool_calls }, ...results] = asked[1]!.messages as [
        ChatMessage,
        { tool_calls: ToolCall[] },
        ...ChatMessage[],
      ];
      const ids = tool_calls.map(call => call.id);
      expect(new Set(ids).size).toBe(2);
      expect(ids.every(given => given !== '')).toBe(true);
      expect(results.map(({ tool_call_id }) => tool_call_id)).toEqual(ids);
      expect(events.flatMap(event => (event.type === 'call' ? event.id : []))).toEqual(ids);
    },
  );

  test('an answer that ended with the finish reason "", older Ollama’s, is whole', async () => {
    const { client } = calling('a', '');
    const events = await firstValueFrom(client.runTools(ask(), { one: nothing, two: nothing }).pipe(toArray()));
    expect(done(events)).toMatchObject({ outcome: 'answered', rounds: 2 });
  });

  test.each(['{"if":"a","then":"b"}', '{"getReader":true}'])('%s is a value as any other', async json => {
    const { client, bodies } = await answering(calls(['f', {}]), 'Well.');
    await firstValueFrom(client.runTools(ask(), { f: { ...nothing, run: () => JSON.parse(json) } }).pipe(last()));
    expect(told(bodies)).toMatchObject([{ content: json }]);
  });

  test('an error of a later round is the request’s', async () => {
    const { client, simulator } = await answering(calls(['add', { a: 1, b: 1 }]), 'Well.');
    const fail = { ...add, run: () => simulator.fault({ kind: 'status', status: 400 }) };
    const { error, log } = await record(client.runTools(ask(), { add: fail })).end;
    expect(error).toMatchObject({ kind: 'api', status: 400 });
    expect(log.at(-1)).toBe('error');
  });

  test('without any tool there is no list of them: OpenAI refuses one that is empty', async () => {
    const { client, bodies } = await answering('Well.');
    await firstValueFrom(client.runTools(ask(), {}).pipe(last()));
    expect(bodies[0]).not.toHaveProperty('tools');
  });

  test('parameters whose schema has a name are declared as any other', async () => {
    const { client, bodies } = await answering('Well.');
    const parameters = z.object({ city: z.string() }).meta({ id: 'PlaceOfWeather' });
    await firstValueFrom(client.runTools(ask(), { weather: { parameters, run: () => 'fair' } }).pipe(last()));
    expect(bodies[0]?.tools?.[0]?.function.parameters).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' } },
    });
  });

  test('a request that is none, an option that is none, a schema that can not be sent', async () => {
    const { client } = await answering('Well.');
    const { error } = await record(client.runTools(undefined as never, { add })).end;
    expect(error).toMatchObject({ kind: 'request_invalid' });
    expect(() => client.runTools(ask(), { add }, { maxRounds: 0 })).toThrow(/maxRounds: expected an integer/);
    expect(() => client.runTools(ask(), { add }, { toolTimeout: 0 })).toThrow(/toolTimeout: expected ms/);
    const tool = (parameters: z.ZodType) => ({ t: { parameters, run: () => 1 } });
    expect(() => client.runTools(ask(), tool(z.object({ a: z.string().transform(Number) })))).toThrow(
      /runTools: t: .*can't be sent/,
    );
    expect(() => client.runTools(ask(), tool(z.string()))).toThrow(/runTools: t: parameters must be an object/);
    expect(() => client.runTools(ask(), { 'a b': add })).toThrow(/runTools: a b: expected a name/);
    expect(() => client.runTools(ask(), { t: {} as never })).toThrow(/runTools: t: expected \{ parameters, run \}/);
  });
});

describe('a call that the server could not read', () => {
  const refusal = {
    message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
    type: 'invalid_request_error',
    code: 'tool_use_failed',
    failed_generation: '<function=add>{"a": 2,</function>',
  };
  const fault = { kind: 'status', status: 400, body: { error: refusal } } as const;

  test('is told to the model with what it wrote, and takes a round', async () => {
    const { client, simulator, bodies } = await answering(calls(['add', { a: 2, b: 3 }]), 'It is 5.');
    simulator.fault(fault);
    const events = await firstValueFrom(client.runTools(ask('2+3?'), { add }).pipe(toArray()));
    expect(withoutChunks(events).map(({ type }) => type)).toEqual(['rejected', 'call', 'result', 'done']);
    expect(events[0]).toMatchObject({ type: 'rejected', round: 1, error: { code: 'tool_use_failed', status: 400 } });
    expect(done(events)).toMatchObject({ outcome: 'answered', rounds: 3 });
    expect(bodies[0]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: refusal.failed_generation },
      { role: 'user', content: expect.stringMatching(/^Error: Failed to call a function.*Call a tool as its schema/) },
    ]);
    expect(done(events).messages.slice(0, 3)).toEqual(bodies[0]?.messages);
  });

  test('in the last round it is the request’s error', async () => {
    const { client, simulator } = await answering('Well.');
    simulator.fault({ ...fault, times: 2 });
    const { error, values } = await record(client.runTools(ask(), { add }, { maxRounds: 2 })).end;
    expect(error).toMatchObject({ kind: 'api', code: 'tool_use_failed' });
    expect(values.map(({ type }) => type)).toEqual(['rejected']);
    expect(simulator.stats().requests).toBe(2);
  });
});

describe('a later round', () => {
  test('goes before all that came after the first, of its own priority too', async () => {
    const { simulator } = await answering(calls(['add', { a: 1, b: 1 }]), 'Well.');
    const paced = clientFor(simulator, { max_concurrent: 1 });
    const order: string[] = [];
    paced.events$.subscribe(({ type, request }) => {
      if (type === 'admitted') order.push(String(request?.context));
    });
    const tools = record(paced.runTools(ask('?', { context: 'tools' }), { add }));
    const others = ['b', 'c'].map(context => record(paced.complete(ask('?', { context }))));
    await Promise.all([tools.end, ...others.map(({ end }) => end)]);
    // While the tool ran nothing of it stood in line, and the only place was free.
    expect(order[0]).toBe('tools');
    expect(order.indexOf('tools', 1)).toBeLessThan(order.indexOf('c'));
    expect(paced.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test('does not wait behind what its own tool asks, not even where one goes at a time', async () => {
    const { simulator } = await answering(calls(['ask', {}]), 'child', 'parent');
    const client = clientFor(simulator, { max_concurrent: 1 });
    const tool = { parameters: z.object({}), run: () => client.complete(ask('child')).pipe(map(({ id }) => id)) };
    const events = await firstValueFrom(client.runTools(ask(), { ask: tool }).pipe(toArray()));
    expect(done(events).completion.choices[0].message.content).toBe('parent');
  });

  test('goes with the priority and context of its request, and its cost is counted', async () => {
    const { client } = await answering(calls(['add', { a: 1, b: 1 }]), 'Well.');
    const events = eventsOf(client);
    await firstValueFrom(client.runTools(ask('?', { priority: 2, context: 7 }), { add }).pipe(last()));
    expect(events.filter(({ type }) => type === 'completed').map(({ request }) => request)).toMatchObject([
      { priority: 2, context: 7 },
      { priority: 2, context: 7 },
    ]);
  });
});

describe('ending it while a tool runs', () => {
  /** Runs a tool that never returns. */
  async function running(more: object = {}) {
    const { simulator } = await answering(calls(['wait', {}]), 'Well.');
    const client = closing(createChatClient(configFor(simulator)));
    const signals: AbortSignal[] = [];
    let began = (): void => {};
    const begun = new Promise<void>(resolve => {
      began = resolve;
    });
    const wait = {
      ...never,
      run: (_: object, { signal }: { signal: AbortSignal }) => {
        signals.push(signal);
        began();
        return NEVER;
      },
    };
    const recorded = record(client.runTools(ask('?', more), { wait }));
    await begun;
    return { client, recorded, aborted: () => signals.map(({ aborted }) => aborted) };
  }

  test('unsubscribing aborts it in the same turn', async () => {
    const { recorded, aborted } = await running();
    expect(aborted()).toEqual([false]);
    recorded.subscription.unsubscribe();
    expect(aborted()).toEqual([true]);
    expect(recorded.ended).toBe(false);
  });

  test('the signal of the request ends it with an AbortError, and keeps no listener', async () => {
    const controller = new AbortController();
    const { recorded, aborted } = await running({ signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(recorded.error).toMatchObject({ kind: 'abort', model: MODEL });
    expect(aborted()).toEqual([true]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('close() ends it with a ClosedError', async () => {
    const { client, recorded, aborted } = await running();
    await firstValueFrom(client.close());
    expect(recorded.error).toMatchObject({ kind: 'closed' });
    expect(aborted()).toEqual([true]);
  });

  test('close({ drain: true }) waits until it has its answer', async () => {
    const { simulator } = await answering(calls(['work', {}]), 'Well.');
    const client = createChatClient(configFor(simulator));
    const closes: string[] = [];
    const work = {
      parameters: z.object({}),
      run: () => {
        client.close({ drain: true }).subscribe(() => closes.push('closed'));
        return from(['working', 'still']).pipe(concatMap(value => of(value).pipe(delay(1))));
      },
    };
    const events = await firstValueFrom(client.runTools(ask(), { work }).pipe(toArray()));
    expect(done(events)).toMatchObject({ outcome: 'answered', rounds: 2 });
    await firstValueFrom(client.close());
    expect(closes).toEqual(['closed']);
  });
});
