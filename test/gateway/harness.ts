import { connect } from 'node:net';
import type { ChatClientOptions } from 'rx-groq';
import { createChatClient } from 'rx-groq';
import { type Gateway, type GatewayOptions, startGateway, tenantOf } from 'rx-groq/gateway';
import type { Simulator, SimulatorOptions } from 'rx-groq/simulator';
import { onTestFinished } from 'vitest';
import { configFor, KEY, simulate } from '../client/harness.js';

export interface Setting {
  readonly simulator?: SimulatorOptions;
  /** Of both models. */
  readonly entry?: Parameters<typeof configFor>[1];
  readonly client?: ChatClientOptions;
  readonly gateway?: Omit<GatewayOptions, 'config' | 'client'>;
}

/** A gateway in front of a simulator that takes the real key only; both are closed when the test ends. */
export async function gatewayWith(setting: Setting = {}): Promise<{ gateway: Gateway; simulator: Simulator }> {
  const simulator = await simulate({ apiKeys: [KEY], ...setting.simulator });
  const client = createChatClient(configFor(simulator, setting.entry), { fairBy: tenantOf, ...setting.client });
  const gateway = await startGateway({ client, ...setting.gateway });
  onTestFinished(async () => {
    await gateway.close();
    await client[Symbol.asyncDispose]();
  });
  return { gateway, simulator };
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export function post({ url }: { url: string }, body: unknown, { headers, signal }: Sent = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** The address of something that is not under /openai/v1. */
export const beside = ({ url }: { url: string }, path: string): string => new URL(path, url).href;

/** Sends these very bytes, and gives what came until the server closed. */
export function raw({ port }: { port: number }, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', part => {
      text += part;
    });
    socket.on('close', () => resolve(text)).on('error', error => (text ? resolve(text) : reject(error)));
    for (const part of parts) socket.write(part);
  });
}
