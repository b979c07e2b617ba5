import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.js';

export const GPT = 'openai/gpt-oss-20b';
export const INSTANT: SimulatorOptions = { delayBefore: [0, 0], delayAfter: [0, 0], tokensPerSecond: Infinity };

/** A simulator that is closed when the test ends. */
export async function simulate(options: SimulatorOptions = INSTANT): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

export function ask(content = 'What is 7+7?', more: object = {}): Record<string, unknown> {
  return { model: GPT, messages: [{ role: 'user', content }], max_completion_tokens: 50, ...more };
}

interface Sent {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** A raw client: no pacing, no retry. */
export function post({ url }: { url: string }, body: unknown, { headers, signal }: Sent = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer gsk_test', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON off the wire, looked into by hand
  readonly json: any;
}

export async function send(simulator: { url: string }, body: unknown, sent: Sent = {}): Promise<Reply> {
  const response = await post(simulator, body, sent);
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** The data of every event, JSON parsed where it is JSON. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function events(text: string): any[] {
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, line]) => line!);
  return data.map(line => {
    try {
      return JSON.parse(line);
    } catch {
      return line;
    }
  });
}

/** Subscribes to the bytes and gives them out one read at a time. */
export async function* reads(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    yield decoder.decode(part, { stream: true });
  }
}

export const statusOf = async (response: Promise<Response>): Promise<number> => {
  const { status, body } = await response;
  await body?.cancel();
  return status;
};
