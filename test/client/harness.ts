import {
  type ChatClient,
  type ChatClientOptions,
  type ChatConfig,
  type ChatEvent,
  type ChatRequest,
  createChatClient,
} from 'rx-groq';
import { type SimulatedLimits, type Simulator, type SimulatorOptions, startSimulator } from 'rx-groq/simulator';
import type { Observable, Subscription, VirtualTimeScheduler } from 'rxjs';
import { onTestFinished } from 'vitest';

export const MODEL = 'openai/gpt-oss-20b';
export const OTHER = 'openai/gpt-oss-120b';
export const KEY = 'gsk_veryS3cretVeryS3cretVeryS3cret';

export const UNLIMITED: SimulatedLimits = { rpm: -1, rpd: -1, tpm: -1, tpd: -1 };
/** Answers at once and limits nothing: for tests that are not about quotas. */
export const FREE: SimulatorOptions = {
  limits: { '*': UNLIMITED },
  delayBefore: [0, 0],
  delayAfter: [0, 0],
  tokensPerSecond: Number.POSITIVE_INFINITY,
};

/** A simulator that is closed when the test ends. */
export async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ ...FREE, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

type ModelConfig = NonNullable<ChatConfig[string]>;

/** The configuration of both models at this server. */
export function configFor({ url }: { url: string }, more: Partial<ModelConfig> = {}): ChatConfig {
  const entry = { base_url: url, api_key: KEY, dialect: 'groq' as const, ...more };
  return { [MODEL]: entry, [OTHER]: entry };
}

/** A client that is closed when the test ends; in a concurrent test say `await using` and `createChatClient(configFor(…))`. */
export function clientFor(
  simulator: { url: string },
  more: Partial<ModelConfig> = {},
  options: ChatClientOptions = {},
): ChatClient {
  return closing(createChatClient(configFor(simulator, more), options));
}

export function closing(client: ChatClient): ChatClient {
  onTestFinished(async () => {
    await client[Symbol.asyncDispose]();
  });
  return client;
}

export function ask(content = 'What is 7+7?', more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: MODEL, messages: [{ role: 'user', content }], max_completion_tokens: 50, ...more };
}

/** What came of an Observable. */
export interface Recorded<T> {
  readonly values: T[];
  /** In order: `next`, then at most one of the others. */
  readonly log: ('next' | 'complete' | 'error')[];
  readonly error: unknown;
  readonly ended: boolean;
  readonly subscription: Subscription;
  /** Resolves when it has completed or failed. */
  readonly end: Promise<Recorded<T>>;
}

export function record<T>(source: Observable<T>, onNext: (value: T, recorded: Recorded<T>) => void = () => {}) {
  const recorded = { values: [] as T[], log: [] as string[], error: undefined as unknown, ended: false };
  const end = new Promise<Recorded<T>>(resolve => {
    const finish = (how: string): void => {
      recorded.log.push(how);
      recorded.ended = true;
      resolve(recorded as never);
    };
    Object.assign(recorded, {
      subscription: source.subscribe({
        next: value => {
          recorded.log.push('next');
          recorded.values.push(value);
          onNext(value, recorded as never);
        },
        error: error => {
          recorded.error = error;
          finish('error');
        },
        complete: () => finish('complete'),
      }),
    });
  });
  return Object.assign(recorded, { end }) as unknown as Recorded<T>;
}

/** The events of a client as they come. */
export function eventsOf(client: ChatClient): ChatEvent[] {
  const events: ChatEvent[] = [];
  client.events$.subscribe(event => events.push(event));
  return events;
}

/** Lets so many ms go by for a client whose scheduler this is, however busy the machine; sockets and servers have real time. */
export function advance(clock: VirtualTimeScheduler, ms: number): void {
  clock.maxFrames = clock.frame + ms;
  clock.flush();
  clock.frame = clock.maxFrames;
}

/** Retries that do not make a test wait. */
export const AT_ONCE = { baseDelay: 1, maxDelay: 1 };

export type Body = Parameters<NonNullable<SimulatorOptions['answer']>>[0];
export type Say = ReturnType<NonNullable<SimulatorOptions['answer']>>;

/** A server that gives these answers, one after the other and the last for ever; and the bodies that it saw. */
export async function answering(
  ...answers: Say[]
): Promise<{ simulator: Simulator; client: ChatClient; bodies: Body[] }> {
  const bodies: Body[] = [];
  const simulator = await simulate({
    answer(body) {
      bodies.push(body);
      return answers[Math.min(bodies.length, answers.length) - 1];
    },
  });
  return { simulator, client: clientFor(simulator), bodies };
}

/** The body of an answer that is not streamed. Without usage, so that it teaches nothing, and keeps what was reserved. */
export function wholeAnswer(content: string, model = 'm'): string {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return JSON.stringify({ id: 'c', object: 'chat.completion', created: 0, model, choices });
}
