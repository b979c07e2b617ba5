import { createChatClient } from 'rx-groq';
import { startGateway, tenantOf } from 'rx-groq/gateway';
import { startSimulator } from 'rx-groq/simulator';
import { ask, MODEL } from './ask.js';

export interface Crowd {
  /** Clients that got the answer to their own question. */
  readonly answered: number;
  /** By the server behind, which counts by itself. */
  readonly refused: number;
  /** How often one was admitted while a more urgent one stood in line. */
  readonly overtaken: number;
  readonly seconds: number;
  /** What no gateway can do better. */
  readonly ideal: number;
}

/** So many clients ask at once, each on a socket of its own, of all priorities and of seven tenants, half of them streamed. */
export async function crowd(options: { clients: number; limit: number; perMs: number }): Promise<Crowd> {
  const { clients, limit, perMs } = options;
  await using simulator = await startSimulator({
    limits: { '*': { rpm: limit, rpd: -1, tpm: -1, tpd: -1 } },
    timeScale: 60_000 / perMs,
    counting: 'sliding',
    delayBefore: [0, 0],
    delayAfter: [0, 0],
    tokensPerSecond: Infinity,
  });
  const windows = [{ limit, per: perMs }];
  await using client = createChatClient(
    { [MODEL]: { base_url: simulator.url, api_key: 'any', dialect: 'groq', windows } },
    { fairBy: tenantOf, maxFlight: 60_000 }, // one thread has them all: it may be busy for longer than 2 s
  );
  await using gateway = await startGateway({ client });

  const waiting = new Map<string, number>();
  let overtaken = 0;
  client.events$.subscribe(({ type, id, request }) => {
    const priority = request?.priority as number;
    if (type === 'queued') waiting.set(id, priority);
    if (type !== 'admitted') return;
    waiting.delete(id);
    if ([...waiting.values()].some(other => other < priority)) overtaken++;
  });
  const begin = performance.now();
  const answers = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const headers = { 'x-priority': String((index % 10) + 1), 'x-tenant': `tenant ${index % 7}` };
      const { status, text } = await ask(gateway.url, {
        content: `What is ${index}+1?`,
        stream: index % 2 === 0,
        headers,
      });
      return status === 200 && text === `${index + 1} (simulated)`;
    }),
  );
  return {
    answered: answers.filter(right => right).length,
    refused: simulator.stats().refused,
    overtaken,
    seconds: (performance.now() - begin) / 1000,
    ideal: ((Math.ceil(clients / limit) - 1) * perMs) / 1000,
  };
}
