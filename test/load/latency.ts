import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, MODEL } from './ask.js';
import { fastSimulator, start } from './programs.js';
import { quantile, type Row, row } from './row.js';

/** ms at the median */
const bound = 2;

/** What the gateway adds while the quota is free: the same requests straight to the server and through it, by turns, each in its own process. */
export async function latency(pairs: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-load-'));
  const simulator = await fastSimulator();
  const config = join(folder, 'config.json');
  const free = { req_per_minute: 1e6, req_per_day: 1e9, token_per_minute: 1e9, token_per_day: 1e12 };
  writeFileSync(
    config,
    JSON.stringify({ [MODEL]: { base_url: simulator.url, api_key: 'any', dialect: 'groq', ...free } }),
  );
  const gateway = await start('gateway', '--config', config);
  const agent = new Agent({ keepAlive: true });
  const rows: Row[] = [];
  try {
    for (const stream of [false, true]) {
      const took = { straight: [] as number[], through: [] as number[] };
      for (let pair = -pairs / 10; pair < pairs; pair++) {
        const order = pair % 2 === 0 ? (['straight', 'through'] as const) : (['through', 'straight'] as const);
        for (const way of order) {
          const { url } = way === 'straight' ? simulator : gateway;
          const { total } = await ask(url, { content: `What is ${pair}+1?`, stream, agent });
          if (pair >= 0) took[way].push(total); // the first tenth warms up
        }
      }
      const added = (share: number): number => quantile(took.through, share) - quantile(took.straight, share);
      const of = stream ? 'streamed' : 'whole';
      const ms = (value: number): string => `${value.toFixed(2)} ms`;
      rows.push(row(`added at the median, ${of}`, ms(added(0.5)), `< ${bound} ms`, added(0.5) < bound));
      rows.push(row(`added at 99 of 100, ${of}`, ms(added(0.99)), '', true));
      rows.push(row(`straight, at the median, ${of}`, ms(quantile(took.straight, 0.5)), '', true));
    }
  } finally {
    agent.destroy();
    await gateway.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
  return rows;
}
