import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/index.js';
import { ask, events, GPT, INSTANT, post, reads, send, simulate, statusOf } from './harness.js';

const streamed = ask('Explain how volcanoes form.', { stream: true, max_completion_tokens: 200 });
const whole = ask('Explain how volcanoes form.', { max_completion_tokens: 200 });

const faulty = async (fault: Fault | Fault[]) => {
  const simulator = await simulate();
  simulator.fault(fault);
  return simulator;
};
const cause = (code: string) => ({ cause: expect.objectContaining({ code }) });

describe('a fault of status', () => {
  it.each([
    [503, 'is currently over capacity. Please try again and back off exponentially.', 'internal_server_error'],
    [500, 'Internal Server Error', 'internal_server_error'],
    [498, 'flex tier is at capacity', 'capacity_exceeded'],
    [401, 'Invalid API Key', 'invalid_request_error'],
    [403, 'is blocked at the organization level', 'permissions_error'],
    [404, 'does not exist or you do not have access to it', 'invalid_request_error'],
    [418, 'Simulated error 418', 'invalid_request_error'],
  ])('%i has Groq’s text and is not counted', async (status, message, type) => {
    const simulator = await faulty({ kind: 'status', status });
    const { json, ...reply } = await send(simulator, whole);
    expect([reply.status, json.error.type]).toEqual([status, type]);
    expect(json.error.message).toContain(message);
    expect(simulator.stats()).toMatchObject({ admitted: 0, faults: 1, open: 0 });
    expect((await send(simulator, whole)).status).toBe(200);
  });

  it('429 says the wait that it is given', async () => {
    const simulator = await faulty({ kind: 'status', status: 429, retryAfterMs: 2500 });
    const { status, json, headers } = await send(simulator, whole);
    expect([status, headers.get('retry-after')]).toEqual([429, '3']);
    expect(json.error.message).toContain(
      'on requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in 2.5s.',
    );
    expect(headers.get('x-ratelimit-limit-requests')).toBe('1000');
  });

  it('takes a body and headers of one’s own', async () => {
    const simulator = await faulty([
      { kind: 'status', status: 520, body: '<html>', headers: { 'content-type': 'text/html', 'retry-after': '7' } },
      { kind: 'status', status: 400, body: { object: 'error', message: 'as vLLM says it' } },
    ]);
    const page = await post(simulator, whole);
    expect([page.status, page.headers.get('content-type'), page.headers.get('retry-after')]).toEqual([
      520,
      'text/html',
      '7',
    ]);
    expect(await page.text()).toBe('<html>');
    expect((await send(simulator, whole)).json).toEqual({ object: 'error', message: 'as vLLM says it' });
  });
});

describe('a fault of the connection', () => {
  it('reset-before-head: no answer, but counted', async () => {
    const simulator = await faulty({ kind: 'reset-before-head' });
    await expect(post(simulator, streamed)).rejects.toMatchObject(cause('ECONNRESET'));
    await simulator.until(({ faults }) => faults === 1);
    expect(simulator.stats()).toMatchObject({ admitted: 1, open: 0 });
    expect(simulator.requests()).toMatchObject([{ outcome: 'fault', fault: 'reset-before-head', head: null }]);
  });

  it('reset-mid-stream: some frames, then an error', async () => {
    const simulator = await faulty({ kind: 'reset-mid-stream', after: 2 });
    const response = await post(simulator, streamed);
    let text = '';
    const reading = (async () => {
      for await (const part of reads(response)) text += part;
    })();
    await expect(reading).rejects.toMatchObject(cause('ECONNRESET'));
    expect(events(text)).toHaveLength(2);
    expect(simulator.stats()).toMatchObject({ streams: 0, faults: 1, open: 0 });
  });

  it.each(['reset-mid-stream', 'cut'] as const)('%s of an answer in one piece: half of it', async kind => {
    const simulator = await faulty({ kind });
    await expect(send(simulator, whole)).rejects.toThrow();
    await simulator.until(({ faults }) => faults === 1);
  });

  it('cut: a clean end without finish_reason and without [DONE]', async () => {
    const simulator = await faulty({ kind: 'cut', after: 3 });
    const chunks = events(await (await post(simulator, streamed)).text());
    expect(chunks).toHaveLength(3);
    expect(chunks.every(chunk => chunk.choices[0].finish_reason === null)).toBe(true);
  });

  it('cut: an answer shorter than that is cut before its last frame', async () => {
    const simulator = await faulty({ kind: 'cut', after: 1000 });
    const chunks = events(await (await post(simulator, streamed)).text());
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.some(chunk => chunk.choices[0].finish_reason !== null)).toBe(false);
  });

  it.each([streamed, whole])('stall: silence, until the client hangs up', async body => {
    const simulator = await faulty({ kind: 'stall', after: 2 });
    const control = new AbortController();
    const response = await post(simulator, body, { signal: control.signal });
    const parts = reads(response);
    await parts.next();
    await simulator.until(({ open }) => open === 1);
    control.abort();
    await simulator.until(({ aborted, open, streams }) => aborted === 1 && open === 0 && streams === 0);
    expect(simulator.requests()).toMatchObject([{ outcome: 'aborted', fault: 'stall' }]);
  });
});

describe('a fault of the content', () => {
  it('garbage: a frame that is not JSON among the others', async () => {
    const chunks = events(await (await post(await faulty({ kind: 'garbage', after: 2 }), streamed)).text());
    expect(chunks[2]).toContain('this is not JSON');
    expect(chunks.at(-1)).toBe('[DONE]');
    await expect(send(await faulty({ kind: 'garbage' }), whole)).rejects.toThrow(SyntaxError);
  });

  it('stream-error: an error event in a 200, then the end', async () => {
    const text = await (await post(await faulty({ kind: 'stream-error', after: 1 }), streamed)).text();
    expect(text).toContain('event: error\ndata: {"error":{');
    const last = events(text).at(-1);
    expect(last.error).toMatchObject({ type: 'internal_server_error', status_code: 500 });
    expect((await send(await faulty({ kind: 'stream-error' }), whole)).status).toBe(500);
  });

  it('no-done: everything but [DONE]', async () => {
    const chunks = events(await (await post(await faulty({ kind: 'no-done' }), streamed)).text());
    expect(chunks.at(-1).choices[0].finish_reason).toBe('stop');
  });

  it('html: 200 and a page', async () => {
    const response = await post(await faulty({ kind: 'html' }), streamed);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('<!DOCTYPE html>');
  });

  it('empty: 200 and nothing', async () => {
    const response = await post(await faulty({ kind: 'empty' }), streamed);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('slow-head: late, but right', async () => {
    const simulator = await faulty({ kind: 'slow-head', ms: 60 });
    expect((await send(simulator, whole)).status).toBe(200);
    const { counted, head, outcome } = simulator.requests()[0]!;
    expect(head! - counted!).toBeGreaterThanOrEqual(60);
    expect(outcome).toBe('completed');
  });
});

describe('which request a fault befalls', () => {
  it('the next ones, in order and as often as it says', async () => {
    const simulator = await faulty([
      { kind: 'status', status: 500, times: 2 },
      { kind: 'status', status: 503 },
    ]);
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push(await statusOf(post(simulator, whole)));
    expect(statuses).toEqual([500, 500, 503, 200]);
  });

  it('those of a model, those that match', async () => {
    const simulator = await faulty([
      { kind: 'status', status: 500, model: 'openai/gpt-oss-120b' },
      { kind: 'status', status: 503, match: ({ stream }) => stream === true },
    ]);
    expect(await statusOf(post(simulator, whole))).toBe(200);
    expect(await statusOf(post(simulator, streamed))).toBe(503);
    expect(await statusOf(post(simulator, { ...whole, model: 'openai/gpt-oss-120b' }))).toBe(500);
  });

  it('not one that is refused: it waits for the next', async () => {
    const simulator = await simulate({ ...INSTANT, limits: { [GPT]: { rpm: 1 } } });
    await send(simulator, whole);
    simulator.fault({ kind: 'html' });
    expect((await send(simulator, whole)).status).toBe(429);
    simulator.setLimits(GPT, { rpm: -1 });
    expect((await post(simulator, whole)).headers.get('content-type')).toContain('text/html');
    expect(simulator.requests().map(({ fault }) => fault)).toEqual([null, null, 'html']);
  });

  it('the one that asks for it by header', async () => {
    const simulator = await simulate();
    const by = (fault: string) => post(simulator, streamed, { headers: { 'x-simulator-fault': fault } });
    expect(await statusOf(by('status=503'))).toBe(503);
    expect(events(await (await by('cut=1')).text())).toHaveLength(1);
    await expect(by('reset-before-head')).rejects.toThrow();
    expect((await by('html')).headers.get('content-type')).toContain('text/html');
    const wrong = await by('earthquake');
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('x-simulator-fault: expected one of status, slow-head, reset-mid-stream');
    expect(await statusOf(by('status'))).toBe(400);
  });

  it('none, if there is no such fault', async () => {
    const simulator = await simulate();
    expect(() => simulator.fault({ kind: 'earthquake' } as unknown as Fault)).toThrow('unknown fault "earthquake"');
  });
});
