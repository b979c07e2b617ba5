import type { Observable, ObservableInput, ObservedValueOf, OperatorFunction, SchedulerLike } from 'rxjs';
import type { ChatConfig, ConfigSource } from '../config/index.js';
import type { ChatFailure } from '../errors/index.js';
import type { TokenCounter } from '../estimate/index.js';
import type { ModelLimits } from '../limits/index.js';
import type { FairBy } from '../operators/fairness.js';
import type { RetryPolicy } from '../operators/retryTransient.js';
import type { StandardSchema } from '../operators/standardSchema.js';
import type { Backfill, BreakerPolicy, Overflow, Quota, Reserve } from '../pacing/index.js';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../request/index.js';
import type { ConnectionOptions, Interceptor, Transport } from '../transport/index.js';
import type { UsageStore } from '../usage/index.js';
import type { Budget, BudgetUse } from './Budget.js';
import type { ChatEvent } from './ChatEvent.js';
import type { ClientStatus } from './ClientStatus.js';
import type { Gate } from './lanes.js';
import type { ParseOptions } from './parse.js';
import type { ApiRequest } from './request.js';
import type { RunToolsOptions, ToolEvent, Tools } from './Tools.js';
import type { ChatProgress } from './watch.js';

/** ms; `Infinity` = none. */
export interface Timeouts {
  /** To establish a connection, name look-up and TLS included. @default 10000 */
  readonly connect?: number;
  /** From sending to the response's head. @default 60000 */
  readonly head?: number;
  /** Between contents; keep-alive comments are none. @default 60000 */
  readonly idle?: number;
  /** From sending to the end. @default Infinity */
  readonly total?: number;
}

/** Every field is optional. */
export interface ChatClientOptions {
  /** Where use is counted. @default in memory */
  readonly quota?: Quota;
  /**
   * Where what has been used outlives the process: a job that is started again in the afternoon goes on with the day's quota. What goes is
   * saved soon after (at once at the pace of most quotas, at most once a second in the long run) and at `close()`; what was in flight when
   * the process was killed counts as used. Not for a `quota` that is kept elsewhere anyway. See `fileUsageStore`. @default nowhere
   */
  readonly usageStore?: UsageStore;
  /** @default { maxRetries: 3, maxRefusals: 10, … }; 0 = none */
  readonly retry?: Partial<RetryPolicy>;
  /**
   * What becomes of a request with `service_tier: 'flex'` when there is no flex capacity (498): it is sent again as any other, or at once
   * as `on_demand`, which is not counted as a retry. @default 'retry'
   */
  readonly onFlexFull?: 'retry' | 'on_demand';
  /** ms after which a request in flight is taken to have been counted by the server. @default 2000 */
  readonly maxFlight?: number;
  /** ms after which a waiting request gains a level of priority; 0 = never. @default 30000 */
  readonly aging?: number;
  /** Whose a request is (a tenant, a user): within one priority they take turns by what they take of the quota. @default no turns */
  readonly fairBy?: FairBy<ChatRequest>;
  /** Parts of every window that are kept for the urgent: `{ 1: 0.2 }` leaves 80 % of each to what is less urgent than 1. @default none */
  readonly reserve?: Reserve;
  /** Lets smaller requests go while the first in line waits for room. @default { depth: 100, slack: 0.02 } */
  readonly backfill?: false | Partial<Backfill>;
  /** Requests in line per pool. @default Infinity */
  readonly maxQueue?: number;
  /** Which request fails (`QueueFullError`) when one more comes: the new one, the least urgent (of these the newest), or the oldest. @default 'reject-new' */
  readonly overflow?: Overflow;
  /**
   * ms; a request that is first in line and would have to wait longer fails with a `RateLimitError`, and so does one whose server asks for
   * more; those behind it that need the same window fail then too, unsent. @default Infinity for our own windows, 600000 for the server's word
   */
  readonly maxWait?: number;
  readonly timeouts?: Timeouts;
  /**
   * Lowers a `max_completion_tokens` (or `max_tokens`) with which a request could never go to what the token windows leave beside its prompt,
   * where it would be a `RequestTooLargeError` otherwise. `'now'` lowers it further, to what is free at this moment, for a request that comes
   * when nobody waits, unless most answers so far were longer than that. One that the server refuses as too large goes once more, with what
   * the refusal says that its window holds. An event `output_fitted` says so. @default false
   */
  readonly fitOutput?: boolean | 'now';
  /** How much may be spent, in tokens or money: in all, or by each key. Counted in this process; a `usageStore` keeps it (of keys, text and numbers). @default no bound */
  readonly budgets?: readonly Budget[];
  /**
   * ms; a request with `fallbacks` that would have to wait longer goes to the one of its models that will admit it first. What counts is
   * the wait that can be foreseen (full windows, a server that asked to wait, an open circuit) and, after so long, any other.
   * 0 = wherever it can go at once. @default Infinity: only failures make it fall back
   */
  readonly fallbackAfter?: number;
  /**
   * After `failures` 5xx, failed or silent connections in a row (default 5) nobody in that line goes for `coolDown` ms (default 5000,
   * doubled up to a minute while it goes on); then one tries, and when it is answered all go again. Meanwhile requests wait, or fall
   * back. Off unless given: with few requests, the retries alone are sooner back, and a server's bad minute that hits one in a few
   * requests is no reason to hold the others. `{}` takes the defaults. @default off
   */
  readonly breaker?: Partial<BreakerPolicy>;
  /**
   * Refuse at once (`QueueTimeoutError`) what, as the line stands, can't go within its `queueTimeout`; where its tokens are still being counted,
   * or it waits for a gate or for `max_concurrent`, as soon as that is known. @default false
   */
  readonly rejectHopeless?: boolean;
  /**
   * While its newest value is false nothing is sent, and nothing in line is lost. One for all; or, as a function, one for each pool (which
   * has its model's name unless the config gives it one). An error leaves it as it was. @default open
   */
  readonly gate$?: Gate;
  /** @default RxJS's monotonic clock; virtual inside `TestScheduler.run` */
  readonly scheduler?: SchedulerLike;
  /** How servers are reached: a proxy, HTTP/2, a `Dispatcher` of your own. Not with `transport`. @default directly, by HTTP/1.1 */
  readonly connection?: ConnectionOptions;
  /** The seam to the network, in place of the client's own. @default undici; in a browser fetch */
  readonly transport?: Transport;
  /**
   * Holds each chunk of a streamed answer to this schema, whole; one that departs from it ends its stream with a `StreamBrokenError` that says
   * where. `chunkSchema` of `rx-groq/testing` is the API's; any of a Standard Schema library does that answers at once. For trying out a server:
   * otherwise what we read is looked at, and the rest passes as it came. @default none
   */
  readonly strict?: StandardSchema;
  /** Round the network, for caching, redaction, logging: the first sees a request first, and its response last. @default none */
  readonly interceptors?: readonly Interceptor[];
  /** Tokens of a prompt. @default js-tiktoken in a worker thread; in a browser without one */
  readonly tokenCounter?: TokenCounter;
  /** Follow the config file. @default false */
  readonly watchConfig?: boolean;
  /** Let a page have API keys, which everybody who opens it can read. Without it a browser refuses them (`ConfigError`). @default false */
  readonly dangerouslyAllowBrowser?: boolean;
}

/** A response as it is admitted; as a `GroupedObservable` has its key, it has its request. */
export interface ChatStream extends Observable<ChatChunk> {
  readonly request: ChatRequest;
}

/** ms */
export interface ChatTiming {
  /** In line, all waits together. */
  readonly queuedMs: number;
  /** From sending (of the attempt that succeeded) to the first content; null if there was none. */
  readonly firstTokenMs: number | null;
  /** From subscription to the end. */
  readonly totalMs: number;
  /** How often it was sent, refusals included. */
  readonly attempts: number;
}

export type ChatResult = {
  readonly request: ChatRequest;
  /** That gave it: the request's own, or one of its fallbacks. */
  readonly model: string;
  readonly timing: ChatTiming;
} & ({ readonly ok: true; readonly completion: ChatCompletion } | { readonly ok: false; readonly error: ChatFailure });

/** A client of one or more models. Every method that gives an Observable is cold, but for the two commands `reloadConfig` and `close`. */
export interface ChatClient extends AsyncDisposable {
  /** The answer's chunks as they come. One subscription is one request; unsubscribing cancels it, wherever it is. */
  stream(request: ChatRequest): Observable<ChatChunk>;
  /** The whole answer, then completion. Streams on the wire, unless told `stream: false` or the server can't stream it. */
  complete(request: ChatRequest): Observable<ChatCompletion>;
  /**
   * The answer as the value that a schema describes (any Standard Schema that `jsonFormat` takes). Sends it as strict `json_schema`; to a
   * model that does not know that, as `json_object` with the schema in the prompt; a `response_format` of the request stays. Fails with
   * an `AnswerInvalidError` that keeps the text, if the model has not found a fitting answer after `reask` corrections.
   *
   * ```ts
   * const Person = z.object({ name: z.string(), age: z.number().nullable() });
   * client.parse(request, Person, { reask: 1 }).subscribe(({ name, age }) => …);
   * ```
   * @throws TypeError for a schema that can't be sent, saying what to do
   */
  parse<T>(request: ChatRequest, schema: StandardSchema<unknown, T>, options?: ParseOptions): Observable<T>;
  /**
   * Lets the model call your functions: their results go back to it, until it answers. One Observable of everything, a union by `type`: the
   * chunks of each round's answer (`chunk`), each tool's `call` and `result`, and at last `done`, with the answer and the conversation.
   *
   * - Calls of one round run at once. What goes wrong in one (it throws, takes longer than `toolTimeout`, its arguments do not fit, it does
   *   not exist) is told to the model, and so is a call that Groq can't read (`rejected`). Only the request itself can fail; arguments that are cut are an `AnswerInvalidError`.
   * - Every round is a request under the quota, with the same priority, and comes back to where the first one stood in line: nothing that
   *   came later goes before it.
   * - Unsubscribing, the request's `signal` and `close()` abort the `signal` of tools that run; `close({ drain: true })` waits for the answer.
   * - A `tool_choice` that forces a call counts for the first round alone. `tools` of the request stay beside these.
   *
   * ```ts
   * const tools = { weather: { parameters: z.object({ city: z.string() }), run: ({ city }) => forecastOf(city) } };
   * client.runTools(request, tools).subscribe(event => …);
   * ```
   * @throws TypeError for a schema that can't be sent, or an option that is none
   */
  runTools<Arguments>(request: ChatRequest, tools: Tools<Arguments>, options?: RunToolsOptions): Observable<ToolEvent>;
  /**
   * Any other call of the API, through the same line, windows, retries and errors: embeddings, responses, transcriptions, speech.
   * Emits the whole answer, then completes: JSON parsed, plain text as it is, sound and other files as a `Blob`, of a 204 null. What it took is
   * settled by its `usage`, where it has one. `FormData`, a `Blob` or bytes are sent as such, in one piece.
   *
   * ```ts
   * client.request<Embeddings>({ model: 'nomic-embed-text', path: '/embeddings', body: { input: 'A lighthouse.' } })
   * ```
   * **Gotcha**: the type is what you say; the answer is not checked.
   */
  request<T = unknown>(request: ApiRequest): Observable<T>;
  /** The answer together with its wait, for a user interface: where it stands in line and when it will go, then its growing text. */
  watch(request: ChatRequest): Observable<ChatProgress>;
  /**
   * Emits each response when its request is admitted. Subscribe inside the `next` that emits it: then it is sent. One that is not
   * gives its permit back in the same turn; subscribing later, or again, queues a new request.
   */
  streamEach(): OperatorFunction<ChatRequest, ChatStream>;
  /** Emits results as they finish. Never errors by itself: one failure ends one request. */
  completeEach(): OperatorFunction<ChatRequest, ChatResult>;
  /** As `mergeMap`: makes a request of each value and merges what `use` makes of its chunks; what `use` lets fail, fails. */
  streamMap<T, O extends ObservableInput<unknown>>(
    project: (value: T) => ChatRequest,
    use: (chunks: Observable<ChatChunk>, value: T) => O,
  ): OperatorFunction<T, ObservedValueOf<O>>;
  /** `completeEach` for values of your own: each result carries its `value`. */
  completeMap<T>(project: (value: T) => ChatRequest): OperatorFunction<T, ChatResult & { readonly value: T }>;
  /** The configured models' names. */
  models(): readonly string[];
  /** @throws RequestInvalidError for an unknown model */
  limits(model: string): ModelLimits;
  /** Replays the newest synchronously, then every change. @throws RequestInvalidError for an unknown model */
  limits$(model: string): Observable<ModelLimits>;
  /** Queued, in flight and done, per model and priority. Replays the newest. */
  readonly status$: Observable<ClientStatus>;
  /** Each of the `budgets`, a key's once it has had a request. Replays the newest, then emits whenever a request takes its part or ends. */
  readonly budgets$: Observable<readonly BudgetUse[]>;
  /** The life of every request, as it happens. Hot. */
  readonly events$: Observable<ChatEvent>;
  /** Tokens of the prompt, as the client estimates them for pacing. */
  countTokens(request: Pick<ChatRequest, 'model' | 'messages' | 'tools'>): Observable<number>;
  /** The configuration in force, keys masked. Replays the newest. */
  readonly config$: Observable<ChatConfig>;
  /**
   * Reads the configuration anew (from another source, if given). A command: acts when called, subscribed or not, and replays its
   * outcome. A broken configuration changes nothing and errors with `ConfigError`.
   */
  reloadConfig(source?: ConfigSource): Observable<ChatConfig>;
  /**
   * Takes nothing new, cancels what is under way (with `ClosedError`) or lets it end (`drain`), and frees every socket. A command:
   * acts when called; replays one undefined, then completes.
   */
  close(options?: { readonly drain?: boolean }): Observable<void>;
}
