import {
  type ChatChunk,
  type ChatCompletion,
  type ChatRequest,
  contentDeltas,
  createChatClient,
  StreamBrokenError,
  toCompletion,
  toText,
} from 'rx-groq';
import type { SimulatorOptions } from 'rx-groq/simulator';
import { delta, marbleTransport } from 'rx-groq/testing';
import { concat, firstValueFrom, lastValueFrom, mergeMap, of, throwError, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ask, clientFor, closing, configFor, eventsOf, MODEL, record, simulate } from './harness.js';

type Body = Parameters<NonNullable<SimulatorOptions['answer']>>[0];

const story = 'The lighthouse stood on a cliff. Below it the sea was never still, and above it the light went round.';
const request = ask('A story.', { continueOnBreak: 2, max_completion_tokens: 200 });

/** What the model is given to go on from. */
const prefixOf = ({ messages }: Body): string => {
  const { role, content } = messages.at(-1)!;
  return role === 'assistant' ? String(content) : '';
};

/** A server that tells the story, each time from where it is asked to go on less `again` characters. */
async function telling(again: number) {
  const bodies: Body[] = [];
  const simulator = await simulate({
    answer(body) {
      bodies.push(body);
      return story.slice(Math.max(0, prefixOf(body).length - again));
    },
  });
  return { simulator, client: clientFor(simulator), bodies };
}

describe('continueOnBreak', () => {
  test.each([
    ['just from there', 0],
    ['from a few words before', 12],
    ['from the beginning', story.length],
  ])('an answer that breaks off goes on by a further request: %s', async (_, again) => {
    const { simulator, client, bodies } = await telling(again);
    simulator.fault({ kind: 'cut', after: 6 });
    const chunks = await firstValueFrom(client.stream(request).pipe(toArray()));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(story);
    const before = prefixOf(bodies[1]!);
    expect(before.length).toBeGreaterThan(12);
    expect(bodies.map(({ messages }) => messages)).toEqual([
      request.messages,
      [...request.messages, { role: 'assistant', content: before }],
    ]);
    const removed = Math.min(again, before.length);
    expect(chunks.flatMap(({ rx_seam = [] }) => rx_seam)).toEqual([{ at: before.length, removed }]);
    expect(bodies.every(body => !('continueOnBreak' in body))).toBe(true);
  });

  test.each(['reset-mid-stream', 'cut', 'garbage'] as const)('after %s, as often as it may', async kind => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind, after: 5 });
    simulator.fault({ kind, after: 5 });
    const completion = await firstValueFrom(client.stream(request).pipe(toCompletion()));
    expect(completion.choices[0]).toMatchObject({ message: { content: story }, finish_reason: 'stop' });
    expect(bodies).toHaveLength(3);
  });

  test('after a pause that is too long', async () => {
    const { simulator } = await telling(0);
    simulator.fault({ kind: 'stall', after: 5 });
    const client = clientFor(simulator, {}, { timeouts: { idle: 300 } });
    expect(await firstValueFrom(client.stream(request).pipe(toText()))).toBe(story);
  });

  test('beyond that it fails, with all that came', async () => {
    const { simulator, client } = await telling(0);
    for (let n = 0; n < 3; n++) simulator.fault({ kind: 'cut', after: 4 });
    const { values, error } = await record(client.stream(request)).end;
    expect(error).toBeInstanceOf(StreamBrokenError);
    const textOf = (chunks: readonly ChatChunk[]) =>
      chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(textOf((error as StreamBrokenError).received)).toBe(textOf(values));
    expect(textOf(values)).not.toBe('');
  });

  test.each([
    ['is refused', { kind: 'status', status: 401 }, 'authentication'],
    ['is not reached', { kind: 'reset-before-head' }, 'connection'],
  ] as const)(
    'where what is to go on %s, it is the break, with all that came and why it has not gone on',
    async (_, fault, kind) => {
      const { simulator } = await telling(0);
      const client = clientFor(simulator, {}, { retry: { maxRetries: 0 } });
      simulator.fault({ kind: 'cut', after: 5 });
      simulator.fault(fault);
      const { error } = await record(client.complete(request)).end;
      expect(error).toMatchObject({ kind: 'stream_broken', cause: { kind }, attempts: 1 });
      const { message, received, cause } = error as StreamBrokenError;
      expect(message).toMatch(/before the answer was finished.*Going on from there failed: /s);
      expect(message).toContain((cause as Error).message);
      expect(received.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toMatch(/^The lighthouse/);
    },
  );

  test('who leaves as it goes on hears of no break', async () => {
    const { simulator } = await telling(0);
    simulator.fault({ kind: 'cut', after: 5 });
    const client = clientFor(simulator, { windows: [{ limit: 1, per: '1h' }] });
    const control = new AbortController();
    const { end } = record(client.stream({ ...request, signal: control.signal }));
    await expect.poll(() => client.limits(MODEL).queued).toBe(1);
    control.abort();
    expect((await end).error).toMatchObject({ kind: 'abort' });
  });

  test('without it nothing is asked again; and what failed otherwise is not either', async () => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 5 });
    expect((await record(client.stream(ask('A story.'))).end).error).toMatchObject({ kind: 'stream_broken' });
    simulator.fault({ kind: 'status', status: 400 });
    expect((await record(client.stream(request)).end).error).toMatchObject({ kind: 'api', status: 400 });
    expect(bodies).toHaveLength(1);
  });

  test('the call of a tool does not go on: it has no beginning that could be given', async () => {
    const simulator = await simulate({ answer: () => ({ toolCalls: [{ name: 'a', arguments: { x: 1 } }] }) });
    simulator.fault({ kind: 'cut', after: 2 });
    const { error } = await record(clientFor(simulator).stream(request)).end;
    expect(error).toMatchObject({ kind: 'stream_broken' });
    expect(simulator.stats().requests).toBe(1);
  });

  test('several answers do not go on, also where only one of them has begun', async () => {
    let sent = 0;
    const breaking = () => {
      sent++;
      return concat(
        of('The lighthouse stood'),
        throwError(() => new Error('reset')),
      );
    };
    const client = closing(
      createChatClient(configFor({ url: 'http://fake.invalid' }), { transport: marbleTransport(breaking) }),
    );
    const { error } = await record(client.stream({ ...request, n: 2 })).end;
    expect(error).toMatchObject({ kind: 'stream_broken' });
    expect(sent).toBe(1);
  });

  test('each is a request under the quota; unsubscribing while it waits leaves the line', async () => {
    const { simulator } = await telling(0);
    simulator.fault({ kind: 'cut', after: 5 });
    const client = clientFor(simulator, { windows: [{ limit: 1, per: '1h' }] });
    const events = eventsOf(client);
    const { subscription } = record(client.stream(request).pipe(contentDeltas()));
    await expect.poll(() => client.limits(MODEL).queued).toBe(1);
    expect(events.map(({ type }) => type)).toContain('failed');
    subscription.unsubscribe();
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  describe('of a server that breaks off, then', () => {
    const chunk = (more: object, finish_reason: string | null = null): ChatChunk =>
      ({ ...delta(''), choices: [{ index: 0, delta: more, finish_reason }] }) as never;
    const answerOf = (...second: ChatChunk[]): Promise<ChatCompletion> => {
      const first = of('The stars: 0123456789abcdef');
      const answers = [
        concat(
          first,
          throwError(() => new Error('cut')),
        ),
        of(...second),
      ];
      const transport = marbleTransport(() => answers.shift()!);
      const client = closing(createChatClient(configFor({ url: 'http://none.invalid' }), { transport }));
      return firstValueFrom(client.stream(request).pipe(toCompletion()));
    };

    test('says what might be a repetition, and no finish reason: it comes at the end', async () => {
      const { choices } = await answerOf(
        chunk({ content: '0123' }, ''),
        chunk({ content: '456789' }, ''),
        chunk({}, ''),
      );
      expect(choices[0].message.content).toBe('The stars: 0123456789abcdef0123456789');
    });

    test('says more beside what it repeats: only the text is left out', async () => {
      const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
      const { choices } = await answerOf(
        chunk({ content: '6789a', reasoning: 'On.' }),
        chunk({ content: 'bcdef', tool_calls: [{ index: 0, ...call }] }),
        chunk({ content: '!' }, 'tool_calls'),
      );
      expect(choices[0].message).toMatchObject({
        content: 'The stars: 0123456789abcdef!',
        reasoning: 'On.',
        tool_calls: [call],
      });
    });
  });

  test.each([-1, 1.5, '2', Number.NaN])('%j is a request_invalid', async continueOnBreak => {
    const { client } = await telling(0);
    const { error } = await record(client.stream({ ...request, continueOnBreak: continueOnBreak as number })).end;
    expect(error).toMatchObject({ kind: 'request_invalid', field: 'continueOnBreak' });
  });

  test('of a completion: what came is kept, where it would have been asked for again from the beginning', async () => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const completion = await firstValueFrom(client.complete(request));
    expect(completion.choices[0]).toMatchObject({ message: { content: story }, finish_reason: 'stop' });
    expect(prefixOf(bodies[1]!).length).toBeGreaterThan(12);
  });

  test('a completion that does not stream is asked for again', async () => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const [once] = await firstValueFrom(client.complete({ ...request, stream: false }).pipe(toArray()));
    expect(once?.choices[0].message.content).toBe(story);
    expect(bodies.map(prefixOf)).toEqual(['', '']);
  });

  test('watch goes on with the text so far, and is in line once more', async () => {
    const { simulator, client } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const progress = await firstValueFrom(client.watch(request).pipe(toArray()));
    expect(progress.filter(({ state }) => state === 'sent')).toHaveLength(2);
    const texts = progress.flatMap(step => (step.state === 'streaming' ? step.text : []));
    expect(texts.every((text, index) => text.startsWith(texts[index - 1] ?? ''))).toBe(true);
    expect(progress.at(-1)).toMatchObject({
      state: 'done',
      text: story,
      completion: { choices: [{ message: { content: story } }] },
    });
  });

  test('streamEach: the response that was admitted goes on', async () => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const texts$ = of(request).pipe(
      client.streamEach(),
      mergeMap(chunks$ => chunks$.pipe(toText())),
    );
    expect(await firstValueFrom(texts$)).toBe(story);
    expect(bodies).toHaveLength(2);
    expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0 });
  });

  test.each(['completeEach', 'completeMap'] as const)('%s: the result is the whole answer', async operator => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const results$ = of(request).pipe(
      operator === 'completeEach' ? client.completeEach() : client.completeMap((each: ChatRequest) => each),
    );
    const result = await firstValueFrom(results$);
    expect(result).toMatchObject({ ok: true, completion: { choices: [{ message: { content: story } }] } });
    // One request to whoever asked, with the time of both.
    expect(result.request).toBe(request);
    expect(result.timing).toMatchObject({ attempts: 2, firstTokenMs: expect.any(Number) });
    expect(prefixOf(bodies[1]!).length).toBeGreaterThan(12);
  });

  test('completeEach: what breaks off too often is a result with all that came', async () => {
    const { simulator, client } = await telling(0);
    for (let n = 0; n < 3; n++) simulator.fault({ kind: 'cut', after: 4 });
    const result = await firstValueFrom(of(request).pipe(client.completeEach()));
    expect(result).toMatchObject({ ok: false, error: { kind: 'stream_broken' }, timing: { attempts: 3 } });
    const { received } = (result as { error: unknown }).error as StreamBrokenError;
    expect(received.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).not.toBe('');
  });

  test('runTools: the answer of a round goes on', async () => {
    const { simulator, client, bodies } = await telling(0);
    simulator.fault({ kind: 'cut', after: 6 });
    const last = await lastValueFrom(client.runTools(request, {}));
    expect(last).toMatchObject({ type: 'done', rounds: 1, completion: { choices: [{ message: { content: story } }] } });
    expect(bodies).toHaveLength(2);
  });

  test('also in streamMap', async () => {
    const { simulator, client } = await telling(0);
    simulator.fault({ kind: 'cut', after: 5 });
    const texts$ = of(request).pipe(
      client.streamMap(
        each => each,
        chunks$ => chunks$.pipe(toText()),
      ),
    );
    expect(await firstValueFrom(texts$)).toBe(story);
  });
});
