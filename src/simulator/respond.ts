import type { Answer } from './answers.js';
import type { Clock } from './clock.js';
import { completion, type Meta, streamFrames } from './completion.js';
import { baseHeaders, type Exchange, reset, sendJson, write } from './exchange.js';
import type { Fault } from './faults.js';
import type { Life } from './life.js';
import type { Random } from './random.js';

/** All that a counted request's answer needs. */
export interface Delivery {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly answer: Answer;
  readonly meta: Meta;
  readonly fault: Fault | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly random: Random;
  readonly tokensPerSecond: number;
  readonly jitter: number;
  readonly life: Pick<Life, 'head' | 'track'>;
}

/** How it ended; undefined: the client is gone, or the simulator. */
export type Delivered = 'completed' | 'fault' | undefined;

export async function respond(delivery: Delivery): Promise<Delivered> {
  const { exchange, fault, headers, meta, life } = delivery;
  const kind = fault?.kind;
  if (kind === 'reset-before-head') {
    reset(exchange);
    return 'fault';
  }
  if (kind === 'html' || kind === 'empty') {
    life.head(200);
    const type = { 'content-type': kind === 'html' ? 'text/html; charset=utf-8' : 'application/json' };
    sendJson(exchange, 200, kind === 'html' ? HTML : '', { ...headers, ...type });
    return 'fault';
  }
  return meta.body.stream === true ? stream(delivery) : whole(delivery);
}

async function stream(delivery: Delivery): Promise<Delivered> {
  const { exchange, clock, answer, meta, fault, headers, random, tokensPerSecond, jitter, life } = delivery;
  const { response, gone, requestId } = exchange;
  const breaks = fault !== undefined && 'after' in fault ? (fault.after ?? AFTER) : AFTER;
  life.head(200);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    ...baseHeaders(requestId),
    ...headers,
  });
  response.flushHeaders();

  let made = 0;
  let sent = 0;
  let index = 0;
  let broken = false;
  life.track(() => sent);
  const start = clock.now();
  for (const frame of streamFrames(answer, meta, () => 1 + Math.floor(random() * 3))) {
    made += frame.tokens;
    const due = start + (made / tokensPerSecond) * 1000 + jitter * random();
    if (due > clock.now() && !(await clock.wait(due - clock.now(), gone))) return undefined;
    if (!broken && fault !== undefined && isBreak(fault) && (index >= breaks || frame.last)) {
      broken = true;
      if (!(await breakStream(fault.kind, delivery))) return fault.kind === 'stall' ? undefined : 'fault';
    }
    sent = made;
    if (!(await write(exchange, frame.text))) return undefined;
    index++;
  }
  response.end(fault?.kind === 'no-done' ? undefined : 'data: [DONE]\n\n');
  return broken || fault?.kind === 'no-done' ? 'fault' : 'completed';
}

type Break = Extract<Fault, { after?: number }>['kind'];

function isBreak(fault: Fault): fault is Extract<Fault, { kind: Break }> {
  return ['reset-mid-stream', 'stall', 'garbage', 'stream-error', 'cut'].includes(fault.kind);
}

/** False: the answer is over. */
async function breakStream(kind: Break, { exchange, clock }: Delivery): Promise<boolean> {
  const { response, gone } = exchange;
  if (kind === 'garbage') return write(exchange, `data: ${GARBAGE}\n\n`);
  if (kind === 'stall') return clock.wait(Infinity, gone);
  if (kind === 'cut') response.end();
  if (kind === 'stream-error') response.end(`event: error\ndata: ${JSON.stringify(STREAM_ERROR)}\n\n`);
  if (kind === 'reset-mid-stream') {
    // What was written before the reset has to leave first, or the client never sees the frames.
    await clock.wait(FLUSHED, gone);
    reset(exchange);
  }
  return false;
}

async function whole(delivery: Delivery): Promise<Delivered> {
  const { exchange, clock, answer, meta, fault, headers, tokensPerSecond, life } = delivery;
  const { response, gone, requestId } = exchange;
  const start = clock.now();
  life.track(() => Math.min(answer.tokens, Math.floor(((clock.now() - start) / 1000) * tokensPerSecond)));
  const making = (answer.tokens / tokensPerSecond) * 1000;
  if (making > 0 && !(await clock.wait(making, gone))) return undefined;

  life.track(() => answer.tokens);
  life.head(200);
  if (fault?.kind === 'stream-error') {
    sendJson(exchange, 500, STREAM_ERROR, headers);
    return 'fault';
  }
  if (fault?.kind === 'garbage') {
    sendJson(exchange, 200, GARBAGE, headers);
    return 'fault';
  }
  const body = completion(answer, meta);
  if (fault === undefined || !isBreak(fault)) {
    sendJson(exchange, 200, body, headers);
    return 'completed';
  }
  response.writeHead(200, { 'content-type': 'application/json', ...baseHeaders(requestId), ...headers });
  const json = JSON.stringify(body);
  if (!(await write(exchange, json.slice(0, json.length / 2)))) return undefined;
  return (await breakStream(fault.kind, delivery)) || fault.kind === 'stall' ? undefined : 'fault';
}

/** Frames before a fault that says no number. */
const AFTER = 3;
/** ms */
const FLUSHED = 20;
const GARBAGE = '{"id": "chatcmpl-simulated", this is not JSON';
const HTML = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>(simulated)</body></html>';
const STREAM_ERROR = {
  error: {
    message: 'Internal Server Error (simulated, in the middle of an answer)',
    type: 'internal_server_error',
    code: 'internal_server_error',
    status_code: 500,
  },
};
