#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { ConfigError } from '../errors/index.js';
import type { GatewayOptions } from './options.js';
import { startGateway } from './server.js';

const HELP = `rx-groq-gateway: one quota for many clients, as a server that speaks the OpenAI API

  --config FILE          models, limits and upstream keys; it is followed while it runs
                         (default $GROQ_CONFIG_PATH, then ./config.json, then Groq's free plan with $GROQ_API_KEY)
  --keys FILE            keys of the clients: JSON, name → "sha256:" and the key's SHA-256 in hex
                         (without it: any key, on loopback only)
  --port N               port, 0 takes a free one (default 0)
  --host HOST            (default 127.0.0.1)
  --cors ORIGIN          whose pages may ask, * for all; repeatable
  --max-body MB          largest body of a request (default 10)
  --max-connections N    (default 2000)
  --grace S              s to drain after SIGINT or SIGTERM; a second one ends at once (default 4)
  --help

POST /v1/chat/completions (headers x-priority: 1 … 10, x-tenant), GET /v1/models, /status, /metrics, /healthz
`;

class UsageError extends Error {}

/** s → ms */
const SECOND = 1000;

try {
  await run();
} catch (cause) {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const usage = cause instanceof UsageError || (cause instanceof TypeError && !(cause instanceof ConfigError));
  process.stderr.write(`rx-groq-gateway: ${message}\n${usage ? 'Try --help.\n' : ''}`);
  if (code === 'EADDRINUSE') process.stderr.write('Choose another --port, or --port 0 for a free one.\n');
  process.exitCode = usage ? 2 : 1;
}

async function run(): Promise<void> {
  const { help, grace, options } = readArguments();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const gateway = await startGateway(options);
  gateway.client.events$.subscribe(event => {
    if (event.type === 'config_error') process.stderr.write(`rx-groq-gateway: ${event.error.message}\n`);
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(0);
    stopping = true;
    // Whatever else may still be open then: this is the end.
    void gateway.close({ grace }).then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.write(`rx-groq gateway on ${gateway.url}\n`);
}

function readArguments(): { help: boolean; grace: number; options: GatewayOptions } {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      keys: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      cors: { type: 'string', multiple: true },
      'max-body': { type: 'string' },
      'max-connections': { type: 'string' },
      grace: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  });
  const megabytes = number('--max-body', values['max-body']);
  const given = {
    config: values.config,
    keys: values.keys,
    port: number('--port', values.port),
    host: values.host,
    cors: values.cors,
    maxBody: megabytes && megabytes * 1024 * 1024,
    maxConnections: number('--max-connections', values['max-connections']),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { help: values.help, grace: number('--grace', values.grace)! * SECOND, options };
}

function number(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new UsageError(`${flag}: expected a number, got "${text}"`);
  return value;
}
