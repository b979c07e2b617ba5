import { type ChatClient, createChatClient, type RateWindow } from 'rx-groq';
import { Observable, type Subscriber, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';

/*
 * Several processes with one key and no shared quota, in virtual time: as many clients, none of which knows of the others, in front of one
 * server that counts in a bucket, as Groq does: tokens a minute are in its headers, requests a minute are not.
 */

const minute = 60_000;
const model = 'openai/gpt-oss-20b';

interface Plan {
  readonly processes: number;
  readonly unit: 'tokens' | 'requests';
  readonly minutes: number;
  readonly seed: number;
  /** When the last of them is closed. */
  readonly leaves?: number;
  /** ms by which each comes after the one before. */
  readonly apart?: number;
}

interface Outcome {
  /** Refusals in each minute. */
  readonly refused: number[];
  /** Part of the limit that was used in each minute. */
  readonly used: number[];
  /** Units of each process. */
  readonly by: number[];
}

const limits = { tokens: 6000, requests: 30 };

function play({ processes, unit, minutes, seed, leaves, apart = 0 }: Plan): Outcome {
  const random = generator(seed);
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const limit = limits[unit];
  const refused = new Array<number>(minutes + 1).fill(0);
  const used = new Array<number>(minutes + 1).fill(0);
  const by = new Array<number>(processes).fill(0);
  let debt = 0;
  let at = 0;
  const onTheWay = (): number => 2 + random() * 18;

  const arrive = (process: number, cap: number, subscriber: Subscriber<never>): void => {
    const need = unit === 'tokens' ? 50 + cap : 1;
    debt = Math.max(0, debt - ((clock.now() - at) * limit) / minute);
    at = clock.now();
    const window = Math.floor(at / minute);
    const wait = ((debt + need - limit) * minute) / limit;
    const fits = wait <= 1e-6;
    if (fits) debt += need;
    if (!fits) refused[window]!++;
    else {
      used[window]! += need / limit;
      by[process]! += need;
    }
    const headers = unit === 'tokens' ? headersOf(debt, limit) : {};
    const answer = fits ? answered(cap) : refusedWith(limit, debt, need, unit, wait);
    const head = { status: fits ? 200 : 429, headers: { ...headers, 'content-type': answer.type } };
    const reply = (): void => {
      subscriber.next(head as never);
      subscriber.next(new TextEncoder().encode(answer.body) as never);
      subscriber.complete();
    };
    subscriber.add(clock.schedule(reply, onTheWay()));
  };

  const clients: ChatClient[] = [];
  const begin = (process: number): void => {
    const windows: RateWindow[] = [{ unit, limit, per: minute, kind: 'bucket' }];
    const client = createChatClient(
      { [model]: { base_url: 'https://api.groq.com/openai/v1', api_key: 'k', windows } },
      {
        scheduler: clock,
        retry: { random },
        tokenCounter: () => 50,
        transport: ({ body }) =>
          new Observable(subscriber => {
            const { max_completion_tokens: cap } = JSON.parse(body!);
            subscriber.add(clock.schedule(() => arrive(process, cap, subscriber as Subscriber<never>), onTheWay()));
          }),
      },
    );
    clients.push(client);
    for (let request = 0; request < minutes * 40; request++) {
      const cap = 100 + Math.round(random() * 300);
      client
        .complete({ model, messages: [{ role: 'user', content: 'x' }], max_completion_tokens: cap })
        .subscribe({ error() {} });
    }
  };
  for (let process = 0; process < processes; process++) clock.schedule(() => begin(process), process * apart);
  if (leaves !== undefined) clock.schedule(() => clients.at(-1)!.close(), leaves);
  clock.schedule(() => {
    for (const client of clients) client.close();
  }, minutes * minute);
  clock.flush();
  return { refused: refused.slice(0, minutes), used: used.slice(0, minutes), by };
}

function headersOf(debt: number, limit: number): Record<string, string> {
  return {
    'x-ratelimit-limit-tokens': String(limit),
    'x-ratelimit-remaining-tokens': String(Math.floor(limit - debt)),
    'x-ratelimit-reset-tokens': `${((debt / limit) * 60).toFixed(3)}s`,
  };
}

function refusedWith(
  limit: number,
  debt: number,
  need: number,
  unit: string,
  wait: number,
): { type: string; body: string } {
  const name = unit === 'tokens' ? 'tokens per minute (TPM)' : 'requests per minute (RPM)';
  const message = `Rate limit reached for model \`${model}\` in organization \`org_1\` service tier \`on_demand\` on ${name}: Limit ${limit}, Used ${Math.ceil(debt)}, Requested ${need}. Please try again in ${(wait / 1000).toFixed(6)}s.`;
  return {
    type: 'application/json',
    body: JSON.stringify({ error: { message, type: unit, code: 'rate_limit_exceeded' } }),
  };
}

function answered(cap: number): { type: string; body: string } {
  const usage = { prompt_tokens: 50, completion_tokens: cap, total_tokens: 50 + cap };
  const choices = [{ index: 0, delta: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }];
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 0, model, choices, x_groq: { id: 'r', usage } };
  return { type: 'text/event-stream', body: `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n` };
}

/** Numerical Recipes' linear congruential generator: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const seeds = [1, 2, 3];

describe('several processes with one key and no shared quota', () => {
  it.each([2, 3, 4])(
    '%i of them are refused no more after the first window where headers tell, and use all',
    processes => {
      for (const seed of seeds) {
        const { refused, used } = play({ processes, unit: 'tokens', minutes: 12, seed });
        expect(sum(refused.slice(2))).toBe(0);
        expect(mean(used.slice(2))).toBeGreaterThan(0.95);
      }
    },
  );

  it('two have like parts', () => {
    for (const seed of seeds) {
      const { by } = play({ processes: 2, unit: 'tokens', minutes: 24, seed });
      expect(Math.min(...by) / sum(by)).toBeGreaterThan(0.43);
    }
  });

  it('two are refused at most once each in ten windows where only refusals tell', () => {
    const runs = seeds.map(seed => play({ processes: 2, unit: 'requests', minutes: 42, seed }));
    const refusals = runs.map(({ refused }) => sum(refused.slice(2)));
    expect(mean(refusals)).toBeLessThanOrEqual(2 * 4);
    expect(mean(runs.map(({ used }) => mean(used.slice(2))))).toBeGreaterThan(0.85);
  });

  it.each([
    ['tokens', 2],
    ['tokens', 4],
    ['requests', 2],
  ] as const)('one that comes to %s which others use up is refused at most once in ten windows', (unit, processes) => {
    for (const seed of seeds) {
      const { refused, used } = play({ processes, unit, minutes: 34, seed, apart: 1.5 * minute });
      const settled = Math.ceil((processes - 1) * 1.5) + 2; // the first minute of the last
      expect(sum(refused.slice(settled))).toBeLessThanOrEqual(Math.ceil((34 - settled) / 10) * processes);
      expect(mean(used.slice(settled))).toBeGreaterThan(0.95);
    }
  });

  it('gives one the whole window again when the other has gone', () => {
    const { used, by } = play({ processes: 2, unit: 'tokens', minutes: 14, seed: 1, leaves: 6 * minute });
    expect(by[1]).toBeGreaterThan(0);
    expect(mean(used.slice(9))).toBeGreaterThan(0.97);
  });

  it('leaves one that is alone all there is, whatever unit counts', () => {
    for (const unit of ['tokens', 'requests'] as const) {
      const { refused, used } = play({ processes: 1, unit, minutes: 12, seed: 1 });
      expect(sum(refused)).toBe(0);
      expect(mean(used)).toBeGreaterThan(1);
    }
  });
});
