import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, MODEL } from './ask.js';
import { bareProxy, fastSimulator, start } from './programs.js';
import { quantile, type Row, row } from './row.js';

/** ms at the median */
const bound = 2;
/** Rounds until what V8 makes of the code is made, and the tokenizer is loaded. */
const warming = 300;

const ways = ['straight', 'bare', 'through'] as const;
const forms = ['whole', 'streamed'] as const;

/**
 * What the gateway adds while the quota is free: the same requests straight to the server, through a proxy that does nothing, and through
 * the gateway, by turns and each in a process of its own.
 */
export async function latency(rounds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rx-groq-load-'));
  const simulator = await fastSimulator();
  const config = join(folder, 'config.json');
  const free = { req_per_minute: 1e6, req_per_day: 1e9, token_per_minute: 1e9, token_per_day: 1e12 };
  writeFileSync(
    config,
    JSON.stringify({ [MODEL]: { base_url: simulator.url, api_key: 'any', dialect: 'groq', ...free } }),
  );
  const gateway = await start('gateway', '--config', config);
  const bare = await bareProxy(simulator.url);
  const urls = { straight: simulator.url, bare: bare.url, through: gateway.url };
  const agent = new Agent({ keepAlive: true });
  const took = new Map(ways.flatMap(way => forms.map(form => [`${way} ${form}`, [] as number[]])));
  try {
    for (let round = -warming; round < rounds; round++) {
      for (const form of forms) {
        for (let turn = 0; turn < ways.length; turn++) {
          const way = ways[(turn + round + warming) % ways.length]!;
          const asking = { content: `What is ${round}+1?`, stream: form === 'streamed', agent };
          const { total } = await ask(urls[way], asking);
          if (round >= 0) took.get(`${way} ${form}`)!.push(total);
        }
      }
    }
  } finally {
    agent.destroy();
    await bare.stop();
    await gateway.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
  return forms.flatMap(form => {
    const at = (way: (typeof ways)[number], share: number): number => quantile(took.get(`${way} ${form}`)!, share);
    const added = (way: 'bare' | 'through', share: number): number => at(way, share) - at('straight', share);
    const ms = (value: number): string => `${value.toFixed(2)} ms`;
    return [
      row(`added at the median, ${form}`, ms(added('through', 0.5)), `< ${bound} ms`, added('through', 0.5) < bound),
      row(`added by a proxy that does nothing, ${form}`, ms(added('bare', 0.5)), '', true),
      row(`added at 99 of 100, ${form}`, ms(added('through', 0.99)), '', true),
      row(`straight, at the median, ${form}`, ms(at('straight', 0.5)), '', true),
    ];
  });
}
