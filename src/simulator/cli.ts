#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { WINDOW_KINDS } from './ledger.js';
import type { SimulatedLimits } from './models.js';
import { type SimulatorOptions, settingsOf } from './options.js';
import type { Range } from './random.js';
import { startSimulator } from './server.js';

const HELP = `rx-groq-simulator: a Groq-compatible server whose answers are simulated

  --port N               port, 0 takes a free one (default 0)
  --host HOST            (default 127.0.0.1)
  --seed N               of answers, delays and identifiers (default 1)
  --counting MODE        bucket (as Groq), sliding or fixed (default bucket)
  --count-at WHEN        head: prompt + cap at admission; end: real use at the end (default head)
  --refund, --no-refund  give the unused part of prompt + cap back at the end (default no)
  --no-headers           without x-ratelimit-*
  --time-scale X         windows are X times shorter: at 12 a minute takes 5 s (default 1)
  --delay-before A-B     ms between a request's last byte and its being counted (default 2-20)
  --delay-after A-B      ms between that and the head of the answer (default 2-20)
  --tokens-per-second N  speed of an answer (default 500)
  --jitter MS            each chunk comes up to so much later (default 0)
  --limit MODEL:rpm=N,…  limits of a model, * for all; repeatable. Windows: ${WINDOW_KINDS.join(', ')}; -1: unlimited.
                         A model not in the table is added, a retired one revived
  --grace S              s to go on after SIGINT or SIGTERM (default 4)
  --help

The header x-simulator-fault of a request asks for a fault: reset-mid-stream, stall=5, status=503, slow-head=500 …
`;

class UsageError extends Error {}

/** s → ms */
const SECOND = 1000;

try {
  await run();
} catch (cause) {
  const { code, message } = cause as NodeJS.ErrnoException;
  const usage = cause instanceof UsageError || cause instanceof TypeError;
  process.stderr.write(`rx-groq-simulator: ${message}\n${usage ? 'Try --help.\n' : ''}`);
  if (code === 'EADDRINUSE') process.stderr.write('Choose another --port, or --port 0 for a free one.\n');
  process.exitCode = usage ? 2 : 1;
}

async function run(): Promise<void> {
  const { help, grace, options } = readArguments();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const simulator = await startSimulator(options);

  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(0);
    stopping = true;
    void simulator.close({ grace });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Last: who reads this may send a signal at once.
  process.stdout.write(`rx-groq simulator (answers are simulated) on ${simulator.url}\n`);
}

function readArguments(): { help: boolean; grace: number; options: SimulatorOptions } {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      seed: { type: 'string' },
      counting: { type: 'string' },
      'count-at': { type: 'string' },
      refund: { type: 'boolean' },
      headers: { type: 'boolean' },
      'time-scale': { type: 'string' },
      'delay-before': { type: 'string' },
      'delay-after': { type: 'string' },
      'tokens-per-second': { type: 'string' },
      jitter: { type: 'string' },
      limit: { type: 'string', multiple: true, default: [] },
      grace: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  });
  const given = {
    port: number('--port', values.port),
    host: values.host,
    seed: number('--seed', values.seed),
    counting: values.counting,
    countAt: values['count-at'],
    refund: values.refund,
    headers: values.headers,
    timeScale: number('--time-scale', values['time-scale']),
    delayBefore: range('--delay-before', values['delay-before']),
    delayAfter: range('--delay-after', values['delay-after']),
    tokensPerSecond: number('--tokens-per-second', values['tokens-per-second']),
    jitter: number('--jitter', values.jitter),
    limits: limitsOf(values.limit),
  };
  // Left out is not the same as undefined; `settingsOf` checks what the words are.
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  settingsOf(options);
  return { help: values.help, grace: (number('--grace', values.grace) ?? 0) * SECOND, options };
}

function number(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`${flag}: expected a number, got "${text}"`);
  return value;
}

function range(flag: string, text: string | undefined): Range | undefined {
  if (text === undefined) return undefined;
  const [least, most = least] = text.split('-').map(part => number(flag, part)!);
  return [least!, most!];
}

function limitsOf(flags: readonly string[]): Record<string, SimulatedLimits> {
  const limits: Record<string, SimulatedLimits> = {};
  for (const flag of flags) {
    const [, model, list] = /^(.+):([^:]+)$/.exec(flag) ?? [];
    if (model === undefined || list === undefined) {
      throw new UsageError(`--limit: expected MODEL:rpm=30,tpm=6000, got "${flag}"`);
    }
    const named = list.split(',').map(pair => {
      const [kind = '', value] = pair.split('=');
      return [kind.trim(), number(`--limit ${flag}`, value ?? '')] as const;
    });
    limits[model] = { ...limits[model], ...Object.fromEntries(named) };
  }
  return limits;
}
