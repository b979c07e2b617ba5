import { getEventListeners } from 'node:events';
import { type ChatClient, type ChatEvent, type ChatRequest, createChatClient } from 'rx-groq';
import type { Fault, Simulator, SimulatorOptions } from 'rx-groq/simulator';
import { asyncScheduler, first, NEVER, type Observable, type SchedulerLike, type Subscription } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ask, configFor, MODEL, record, simulate } from '../client/harness.js';
import { sockets, ways } from './ways.js';

/*
 * Whatever ends a request, and wherever it is then: no listener, timer, socket or permit is left.
 */

const slow: SimulatorOptions = { tokensPerSecond: 20, answer: () => 'word '.repeat(500) };
const toolCalling: SimulatorOptions = { answer: () => ({ toolCalls: [{ name: 'wait', arguments: {} }] }) };

/** Resolves with the next event of this type. */
const event = (client: ChatClient, type: ChatEvent['type']) =>
  new Promise<ChatEvent>(resolve => client.events$.pipe(first(event => event.type === type)).subscribe(resolve));

interface Stage {
  readonly name: string;
  /** @default slow */
  readonly server?: SimulatorOptions;
  readonly limit?: number;
  readonly fault?: Fault;
  /** Resolves when a request that was just subscribed is there. */
  readonly reached: (client: ChatClient, simulator: Simulator) => Promise<unknown> | undefined;
  /** Requests that the window counts in the end: what was never sent costs nothing. */
  readonly used: number;
}

const stages: readonly Stage[] = [
  { name: 'in line', limit: 0, reached: () => undefined, used: 0 },
  { name: 'connecting', reached: () => undefined, used: 1 },
  {
    name: 'waiting for the head',
    fault: { kind: 'slow-head', ms: 60_000 },
    reached: (_, simulator) => simulator.until(({ admitted }) => admitted === 1),
    used: 1,
  },
  { name: 'at the head', reached: client => event(client, 'head'), used: 1 },
  { name: 'in mid-stream', reached: client => event(client, 'first_token'), used: 1 },
  {
    name: 'stalled',
    fault: { kind: 'stall', after: 2 },
    reached: client => event(client, 'first_token'),
    used: 1,
  },
  {
    name: 'waiting for a retry',
    fault: { kind: 'status', status: 503 },
    reached: client => event(client, 'retrying'),
    used: 1,
  },
  {
    name: 'waiting after a refusal',
    fault: { kind: 'status', status: 429, retryAfterMs: 90_000 },
    reached: client => event(client, 'refused'),
    used: 0,
  },
];

/** Between two rounds nothing is in line or on its way: what is under way is the tool alone. */
const toolStages: readonly Stage[] = [
  { name: 'in a tool', server: toolCalling, reached: client => event(client, 'completed'), used: 1 },
];

const methods: readonly {
  readonly method: string;
  readonly run: (client: ChatClient, request: ChatRequest) => Observable<unknown>;
  readonly stages: readonly Stage[];
}[] = [
  { method: 'stream', run: (client, request) => client.stream(request), stages },
  { method: 'complete', run: (client, request) => client.complete(request), stages },
  {
    method: 'runTools',
    run: (client, request) => client.runTools(request, { wait: { parameters: z.object({}), run: () => NEVER } }),
    stages: toolStages,
  },
];

/** RxJS's scheduler, and the timers of it that have neither run nor been cleared. */
function watchedScheduler(): { readonly scheduler: SchedulerLike; readonly pending: ReadonlySet<Subscription> } {
  const pending = new Set<Subscription>();
  const scheduler: SchedulerLike = {
    now: () => asyncScheduler.now(),
    schedule(work, delay, state) {
      const action = asyncScheduler.schedule<typeof state>(
        function (given) {
          pending.delete(action);
          work.call(this as never, given as never);
        },
        delay,
        state,
      );
      pending.add(action);
      action.add(() => pending.delete(action));
      return action;
    },
  };
  return { scheduler, pending };
}

describe.each(methods)('$method', ({ run: start, stages }) => {
  describe.each(stages)('$name', ({ server = slow, limit = 5, fault, reached, used }) => {
    test.each(ways)('$name', async ({ kind, act }) => {
      const simulator = await simulate(server);
      const before = sockets();
      if (fault) simulator.fault(fault);
      const windows = [{ limit, per: '1h' as const }];
      const { scheduler, pending } = watchedScheduler();
      const retry = { baseDelay: 60_000, random: () => 0.9 };
      const client = createChatClient(configFor(simulator, { windows }), {
        retry,
        scheduler,
        timeouts: { total: 600_000 },
      });
      const controller = new AbortController();
      const request = ask('a long one', {
        max_completion_tokens: 500,
        signal: controller.signal,
        queueTimeout: 600_000,
      });
      const run = record<unknown>(start(client, request));
      await reached(client, simulator);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      expect(pending.size).toBeGreaterThan(0);
      const seen = run.log.length;

      act(run.subscription, controller, client);

      // In the same turn:
      expect(client.limits(MODEL)).toMatchObject({ queued: 0, inFlight: 0, windows: [{ used }] });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      expect(pending.size).toBe(0);
      expect(run.log.slice(seen)).toEqual(kind ? ['error'] : []);
      expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
      // As soon as the other side can know:
      const ended = [...run.log];
      await client[Symbol.asyncDispose]();
      await simulator.until(({ open, streams, connections }) => open === 0 && streams === 0 && connections === 0);
      await expect.poll(sockets).toBeLessThanOrEqual(before);
      expect(run.log).toEqual(ended);
    });
  });
});
