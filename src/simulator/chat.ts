import { type Answer, answerTo } from './answers.js';
import { type ChatBody, capOf } from './chatBody.js';
import type { Clock } from './clock.js';
import type { Usage } from './completion.js';
import {
  contextTooLong,
  type ErrorReply,
  invalidRequest,
  modelDecommissioned,
  modelNotFound,
  refused,
  replyOfStatus,
} from './errors.js';
import { type Exchange, sendError, sendJson } from './exchange.js';
import { FAULT_HEADER, FAULT_KINDS, type Fault, type FaultQueue, parseFault } from './faults.js';
import { limitHeaders } from './headers.js';
import type { Entry, Journal } from './journal.js';
import type { Tokens } from './ledger.js';
import { createLife, type Life } from './life.js';
import type { BookedModel, ModelBook } from './modelBook.js';
import type { Settings } from './options.js';
import { between, identifier, type Random, seededRandom } from './random.js';
import { respond } from './respond.js';
import { promptTokens } from './tokens.js';
import { invalidityOf, wrongCap } from './validate.js';

/** The simulator, as one request sees it. */
export interface World {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly book: ModelBook;
  readonly journal: Journal;
  readonly faults: FaultQueue;
}

/**
 *     last byte ── delayBefore ── counted ── delayAfter ── head ── answer ── end
 *                                   │                                        │
 *                          all windows or none                            settled
 *
 * Whatever has arrived is counted, even if the client hangs up before that instant: so would a server that had it already.
 */
export async function chatCompletion(world: World, exchange: Exchange): Promise<void> {
  const { settings, journal } = world;
  const valid = validated(world, exchange);
  if ('wrong' in valid) {
    const { model, stream, wrong } = valid;
    const { requestId, arrival } = exchange;
    journal.invalid({ requestId, model, stream, arrival, status: wrong.status });
    sendError(exchange, wrong);
    return;
  }
  const { body, booked, asked } = valid;
  const fault = valid.fault ?? world.faults.take(body);
  const entry = journal.arrived({
    requestId: exchange.requestId,
    model: body.model,
    stream: body.stream === true,
    arrival: exchange.arrival,
    requested: asked,
    fault: fault?.kind ?? null,
  });
  const life = createLife(entry, booked.ledger, asked, world.clock, journal);
  const random = seededRandom(settings.seed, 'request', entry.number);
  exchange.gone.addEventListener('abort', () => life.end('aborted'));
  try {
    await serve(world, exchange, { body, booked, asked, fault, entry, life, random });
  } finally {
    // Only if the simulator is closing, or a function that it was given has thrown.
    life.end('aborted');
  }
}

interface Job {
  readonly body: ChatBody;
  readonly booked: BookedModel;
  readonly asked: Tokens;
  readonly fault: Fault | undefined;
  readonly entry: Entry;
  readonly life: Life;
  readonly random: Random;
}

async function serve(world: World, exchange: Exchange, job: Job): Promise<void> {
  const { settings, clock, faults } = world;
  const { body, booked, fault, entry, life, random } = job;

  if (!(await clock.wait(between(random, settings.delayBefore)))) return;
  if (fault?.kind === 'status') {
    const usual = replyOfStatus(fault.status, body.model, fault.retryAfterMs ?? 1000);
    const limits = fault.status === 429 ? limitsAt(clock.now(), world, booked) : {};
    if (!(await clock.wait(between(random, settings.delayAfter), exchange.gone))) return;
    life.head(fault.status);
    sendJson(exchange, fault.status, fault.body ?? usual.body, { ...limits, ...usual.headers, ...fault.headers });
    return life.end('fault');
  }

  // The headers tell of the instant of counting: one used of 1000 a day is 86.4 s to the ms.
  const now = clock.now();
  const refusal = life.admit(now);
  const limits = limitsAt(now, world, booked);
  const later = between(random, settings.delayAfter) + (fault?.kind === 'slow-head' ? fault.ms : 0);
  if (refusal !== undefined && fault !== undefined) {
    // It never came to its fault: that is for the next one.
    if (exchange.request.headers[FAULT_HEADER] === undefined) faults.giveBack(fault);
    entry.fault = null;
  }
  if (!(await clock.wait(later, exchange.gone))) return;
  if (refusal === undefined) return answer(world, exchange, job, limits);

  const reply = refused(refusal, body.model, body.service_tier ?? 'on_demand');
  life.head(reply.status);
  sendError(exchange, reply, limits);
  life.end('refused');
}

async function answer(
  { settings, clock }: World,
  exchange: Exchange,
  { body, asked, fault, entry, life, random }: Job,
  headers: Record<string, string>,
): Promise<void> {
  const { tokensPerSecond, jitter } = settings;
  const said = answerTo(body, settings.seed, asked.output, settings.answer);
  const meta = {
    id: `chatcmpl-${identifier(random)}`,
    requestId: exchange.requestId,
    created: Math.floor(Date.now() / 1000),
    body,
    usage: usageOf(asked.input, said, entry, tokensPerSecond),
  };
  const delivery = { exchange, clock, answer: said, meta, fault, headers, random, tokensPerSecond, jitter, life };
  const outcome = await respond(delivery);
  if (outcome !== undefined) life.end(outcome);
}

function limitsAt(now: number, { settings }: World, { ledger }: BookedModel): Record<string, string> {
  return settings.headers ? limitHeaders(ledger.windows(now)) : {};
}

type Valid = Pick<Job, 'body' | 'booked' | 'asked' | 'fault'>;
type Invalid = { readonly wrong: ErrorReply; readonly model: string; readonly stream: boolean };

function validated({ settings, book }: World, { text, request }: Exchange): Valid | Invalid {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const wrong = invalidRequest(`invalid JSON in the request body: ${(cause as Error).message}`);
    return { wrong, model: '', stream: false };
  }
  const malformed = invalidityOf(parsed);
  if (malformed !== undefined) return { wrong: malformed, model: '', stream: false };

  const body = parsed as ChatBody;
  const invalid = (wrong: ErrorReply): Invalid => ({ wrong, model: body.model, stream: body.stream === true });
  const booked = book.find(body.model);
  if (booked === undefined || booked.model.retired === 'not_found') return invalid(modelNotFound(body.model));
  if (booked.model.retired === 'decommissioned') return invalid(modelDecommissioned(body.model));

  const { context, maxOutput, template } = booked.model;
  const tooMuch = wrongCap(body, maxOutput);
  if (tooMuch !== undefined) return invalid(tooMuch);
  const input =
    settings.countTokens?.(body.messages, body) ??
    promptTokens(body, settings.templateTokens ?? template, settings.tokenRatio);
  // One token of answer there must be.
  if (input + (capOf(body) ?? 1) > context) return invalid(contextTooLong());
  const output = capOf(body) ?? Math.min(settings.reserveWithoutCap, maxOutput, context - input);

  const asked = request.headers[FAULT_HEADER];
  const fault = asked === undefined ? undefined : parseFault(String(asked));
  if (asked !== undefined && fault === undefined) {
    const kinds = FAULT_KINDS.join(', ');
    return invalid(invalidRequest(`${FAULT_HEADER}: expected one of ${kinds}, with =number where it takes one`));
  }
  return { body, booked, asked: { input, output }, fault };
}

function usageOf(input: number, answer: Answer, entry: Entry, tokensPerSecond: number): Usage {
  const completionTime = answer.tokens / tokensPerSecond;
  const promptTime = input / PROMPT_TOKENS_PER_SECOND;
  return {
    queue_time: seconds(((entry.counted ?? entry.arrival) - entry.arrival) / 1000),
    prompt_tokens: input,
    prompt_time: seconds(promptTime),
    completion_tokens: answer.tokens,
    completion_time: seconds(completionTime),
    total_tokens: input + answer.tokens,
    total_time: seconds(promptTime + completionTime),
    ...(answer.reasoning.length > 0 && {
      completion_tokens_details: { reasoning_tokens: answer.reasoning.length },
    }),
  };
}

/** Only for show: reading the prompt takes no time here. */
const PROMPT_TOKENS_PER_SECOND = 20_000;

function seconds(value: number): number {
  return Number(value.toFixed(6));
}
