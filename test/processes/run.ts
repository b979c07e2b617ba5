import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type SimulatedLimits, type SimulatedRequest, type Simulator, startSimulator } from 'rx-groq/simulator';

export const model = 'openai/gpt-oss-20b';
/** ms: a minute of the simulator. */
export const minute = 10_000;
const unlimited: SimulatedLimits = { rpm: -1, rpd: -1, tpm: -1, tpd: -1 };

export interface Quota {
  readonly unit: 'requests' | 'tokens';
  readonly limit: number;
}

/** A Groq-like server with this quota alone, whose minutes are 10 s. */
export function serverOf({ unit, limit }: Quota): Promise<Simulator> {
  return startSimulator({
    limits: { [model]: { ...unlimited, [unit === 'requests' ? 'rpm' : 'tpm']: limit } },
    timeScale: 60_000 / minute,
    tokensPerSecond: Number.POSITIVE_INFINITY,
    refund: false,
  });
}

/** A worker in a process of its own; ending its input ends it. */
export function startWorker(server: Simulator, { unit, limit }: Quota, store = '', env: NodeJS.ProcessEnv = {}) {
  const windows = [{ unit, limit, per: minute, kind: 'bucket' }];
  const config = { [model]: { base_url: server.url, api_key: 'any', dialect: 'groq', windows } };
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./worker.mjs', import.meta.url)), JSON.stringify(config), store],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  );
  const said = Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`a worker ended without a word: ${code ?? signal}`);
    }),
  ]);
  said.catch(() => {}); // told where it is ended
  return {
    async end(): Promise<{ refused: number; date: string }> {
      child.stdin.end();
      const [line] = await said;
      return JSON.parse(line);
    },
  };
}

/** What became of all that has arrived at a server since the instant, by its minutes. */
export function minutesOf(
  server: Simulator,
  unit: Quota['unit'],
  since: number,
): { refused: number[]; used: number[] } {
  const refused: number[] = [];
  const used: number[] = [];
  for (const request of server.requests()) {
    const at = Math.floor((request.arrival - since) / minute);
    refused[at] = (refused[at] ?? 0) + (request.outcome === 'refused' ? 1 : 0);
    used[at] = (used[at] ?? 0) + (request.outcome === 'refused' ? 0 : taken(request, unit));
  }
  return { refused: Array.from(refused, count => count ?? 0), used: Array.from(used, units => units ?? 0) };
}

function taken({ requested }: SimulatedRequest, unit: Quota['unit']): number {
  return unit === 'requests' ? 1 : requested.input + requested.output;
}

export const minutes = (count: number): Promise<void> => wait(count * minute);
