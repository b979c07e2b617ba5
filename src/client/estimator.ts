import { EMPTY, from, isObservable, map, type Observable, take, throwIfEmpty } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { RequestTooLargeError } from '../errors/index.js';
import {
  actualCost,
  byteBound,
  type CompletionForecast,
  capOf,
  completionForecast,
  givesBack,
  type PromptCalibration,
  type RefundWatch,
  refundWatch,
  type TokenCounter,
  type Traits,
  toCost,
  traitsOf,
  type WorkerTokenCounter,
  workerTokenCounter,
} from '../estimate/index.js';
import type { Cost, QuotaReport } from '../limits/index.js';
import type { Pacer } from '../pacing/index.js';
import type { ChatRequest, Usage } from '../request/index.js';

/** What a request will take, before sending; and what it has taken, afterwards. */
export interface Estimator {
  /** Prompt tokens, as the server counts them. */
  count(
    entry: ModelEntry,
    request: Pick<ChatRequest, 'model' | 'messages' | 'tools'>,
    atMost?: number,
  ): number | Observable<number>;
  /**
   * For one request; remembers its estimate until it is settled.
   * @param lane the model's line, when the cost is asked for
   */
  begin(entry: ModelEntry, request: ChatRequest, lane: LaneRoom): Estimate;
  /** Caps are lowered to what the windows can hold. */
  readonly fitsOutput: boolean;
  /** What the answers so far have taught about prompts. */
  readonly calibration: PromptCalibration;
  /** Frees the tokenizer; completes when it has, at once where there is none. */
  close(): Observable<unknown>;
}

/** Of a line: whether one of its windows counts tokens, and how many a request may have. */
export type LaneRoom = Pick<Pacer, 'countsTokens' | 'mostOf' | 'queued'>;

export interface Estimate {
  /** The cap that is sent in place of the request's own, which no window could hold (or, with `'now'`, had room for). */
  readonly fitted: number | undefined;
  /** The cost, counted exactly. @throws RequestTooLargeError (or errors with it) for a prompt, or prompt and cap, beyond the context window */
  cost(): Cost | Observable<Cost>;
  /** The same by what has been learnt since; undefined where nothing has. */
  renewed(): Cost | undefined;
  /** A cheap upper bound of it; undefined where the context window may be too small for it. */
  readonly atMost: Cost | undefined;
  /** Characters of an answer beyond which it takes more than was reserved for it; Infinity where a cap bounds it. */
  readonly enough: number;
  /** Twice what is reserved for the answer, from now on: it has become longer. */
  grow(): Cost;
  /** What an answer took, by its usage. Teaches the next estimates. */
  settled(usage: Usage): Cost;
  /** What the server said of a window, and how much more it has left than is counted here, as a share of the window. */
  heard(report: QuotaReport, surplus: () => number): void;
  /** What an answer took that broke off or was cancelled after so much text; undefined: all that was reserved. */
  abandoned(text: number): Cost | undefined;
}

/** Whether caps are lowered to what the windows can hold, or have free. */
export type FitOutput = boolean | 'now';

/** Characters of an answer that make a token at the least, where no usage tells: English has 4 to 5. */
const charactersPerToken = 3;

/**
 * @param fitOutput the client's option
 * @param learnt called whenever an answer has taught something
 */
export function estimator(
  injected: TokenCounter | undefined,
  fitOutput: FitOutput,
  calibration: PromptCalibration,
  learnt: () => void = () => {},
): Estimator {
  const forecast = completionForecast();
  const refunds = refundWatch();
  // The tokenizer's thread starts with the first count, if there ever is one.
  let worker: WorkerTokenCounter | undefined;
  const counter: TokenCounter = (request, atMost) => {
    if (injected) return injected(request, atMost);
    worker ??= workerTokenCounter();
    return worker.count(request, atMost);
  };
  const count: Estimator['count'] = (entry, request, atMost) => {
    const tokens = counter({ ...request, model: entry.model }, atMost);
    // One without any would hold the line for ever.
    return isObservable(tokens) ? tokens.pipe(take(1), throwIfEmpty(withoutNumber)) : tokens;
  };

  const books: Books = { count, fitOutput, forecast, calibration, learnt, refunds, uncapped: new Map() };

  return {
    count,
    fitsOutput: fitOutput !== false,
    calibration,
    begin: (entry, request, lane) => new RequestEstimate(books, entry, request, lane),
    close: () => (worker ? from(worker.release()) : EMPTY),
  };
}

/** What the estimates of one client share. */
interface Books {
  readonly count: Estimator['count'];
  readonly fitOutput: FitOutput;
  readonly forecast: CompletionForecast;
  readonly calibration: PromptCalibration;
  readonly learnt: () => void;
  readonly refunds: RefundWatch;
  /** What a model's server reserves for an answer without a cap, where a refusal has told. */
  readonly uncapped: Map<string, number>;
}

/** A class, as thousands may wait: the methods as closures would cost each of them half a kilobyte. */
class RequestEstimate implements Estimate {
  /** An upper bound of the prompt's tokens. */
  private readonly bound: number;
  /** Of the prompt, once its tokens are counted. */
  private traits: Traits | undefined = undefined;
  /** Answers that had taught when they were. */
  private taught = 0;
  fitted: number | undefined = undefined;
  /** Reserved for the prompt, once it is counted. */
  private prompt = 0;
  /** Reserved for the answer, where no cap bounds it. */
  private length: number | undefined = undefined;

  constructor(
    private readonly books: Books,
    private readonly entry: ModelEntry,
    private readonly request: ChatRequest,
    private readonly lane: LaneRoom,
  ) {
    this.bound = byteBound({ ...request, model: entry.model });
  }

  get atMost(): Cost | undefined {
    return this.fitsContext ? toCost(this.bound, this.completion()) : undefined;
  }

  cost(): Cost | Observable<Cost> {
    // Where no window counts tokens and the context is wide enough, nobody needs to know how many there are.
    if (this.fitsContext && !this.lane.countsTokens) return toCost(this.bound, this.completion());
    const tokens = this.books.count(this.entry, this.request, this.entry.contextWindow);
    return isObservable(tokens) ? tokens.pipe(map(number => this.take(number))) : this.take(tokens);
  }

  renewed(): Cost | undefined {
    return this.traits && this.taught !== this.books.calibration.changes ? this.reserve(this.traits) : undefined;
  }

  get enough(): number {
    return this.length === undefined ? Number.POSITIVE_INFINITY : this.length * charactersPerToken;
  }

  grow(): Cost {
    this.length! *= 2;
    return { tokens: this.prompt + this.length!, output_tokens: this.length! };
  }

  settled(usage: Usage): Cost {
    const { forecast, calibration, learnt, refunds } = this.books;
    const { model, refund } = this.entry;
    forecast.observe(model, usage.completion_tokens, kindOf(this.request));
    if (this.traits) {
      const [counted, messages, scripts] = this.traits;
      calibration.observe(model, [counted, messages, usage.prompt_tokens, ...scripts]);
      learnt();
    }
    return actualCost(usage, { cap: this.reserved(usage), refund, learnedRefund: refunds.refunds(model) });
  }

  heard(report: QuotaReport, surplus: () => number): void {
    this.learnUncapped(report);
    if (this.entry.refund !== 'learn' || !report.unit.endsWith('tokens')) return;
    if (report.refused === undefined) this.books.refunds.observe(this.entry.model, surplus());
    else if (report.refused <= report.limit) this.books.refunds.refused(this.entry.model);
  }

  abandoned(text: number): Cost | undefined {
    const { refund, model } = this.entry;
    return givesBack(refund, this.books.refunds.refunds(model))
      ? toCost(this.traits?.[0] ?? this.bound, Math.ceil(text / charactersPerToken))
      : undefined;
  }

  /** What the server has reserved for the answer, as far as is known. */
  private reserved(usage: Usage): number | undefined {
    const uncapped = this.books.uncapped.get(this.entry.model);
    return this.cap ?? (uncapped === undefined ? undefined : Math.max(uncapped, usage.completion_tokens));
  }

  /** Surely, even if each byte of the prompt were a token. */
  private get fitsContext(): boolean {
    return this.bound + (this.cap ?? 0) <= this.entry.contextWindow;
  }

  private get cap(): number | undefined {
    return this.fitted ?? capOf(this.request);
  }

  private completion(): number {
    return this.cap ?? this.books.uncapped.get(this.entry.model) ?? this.forecast();
  }

  private forecast(): number {
    return this.books.forecast.forecast(this.entry.model, kindOf(this.request));
  }

  /** A refusal names what was requested: the prompt, and what the server reserves for an answer without a cap. */
  private learnUncapped({ unit, refused }: QuotaReport): void {
    if (refused === undefined || !this.traits || this.cap !== undefined) return;
    const { books, entry } = this;
    const prompt = books.calibration.expect(entry.model, ...this.traits);
    const reserved = unit === 'output_tokens' ? refused : unit === 'tokens' ? refused - prompt : 0;
    if (reserved > 0) books.uncapped.set(entry.model, Math.ceil(reserved));
  }

  /** Lowers the cap to what the windows and the context leave beside the prompt, where that is anything at all. */
  private fit(prompt: number, context: number): void {
    const { lane, books, request } = this;
    const cap = capOf(request);
    if (!books.fitOutput || cap === undefined) return;
    const room = (now: boolean): number =>
      Math.min(lane.mostOf('tokens', now) - prompt, lane.mostOf('output_tokens', now), context);
    const ever = room(false);
    const free = books.fitOutput === 'now' && lane.queued === 0 ? room(true) : 0;
    // What is free now is no good where most answers are longer.
    const most = free < ever && free >= Math.min(cap, this.forecast()) ? free : ever;
    this.fitted = most >= 1 && most < cap ? most : undefined;
  }

  private take(tokens: number): Cost {
    this.traits = traitsOf(this.request, tokens);
    if (tokens > this.entry.contextWindow) throw beyondContext(tokens, undefined, this.entry);
    return this.reserve(this.traits);
  }

  private reserve(traits: Traits): Cost {
    const { lane, books } = this;
    const { model, contextWindow } = this.entry;
    this.taught = books.calibration.changes;
    const likely = books.calibration.expect(model, ...traits);
    const careful = books.calibration.reserve(model, ...traits);
    this.fit(careful, contextWindow - likely);
    const { cap } = this;
    if (cap !== undefined && likely + cap > contextWindow) throw beyondContext(likely, cap, this.entry);
    // What is a guess here makes no request impossible: where it may fit a whole window, it waits for that.
    const most = lane.mostOf('tokens');
    let completion = this.completion();
    if (cap === undefined) {
      if (!books.uncapped.has(model))
        completion = Math.max(1, Math.min(completion, lane.mostOf('output_tokens'), most - likely));
      this.length = completion;
    }
    this.prompt = Math.min(careful, Math.max(likely, Math.min(most - completion, lane.mostOf('input_tokens'))));
    return toCost(this.prompt, completion);
  }
}

const withoutNumber = (): TypeError => new TypeError('tokenCounter: completed without a number');

/** What tells how long an answer becomes: how hard it is thought about, and what its `context.kind` says, if it has one. */
function kindOf({ reasoning_effort: effort, context }: ChatRequest): string | undefined {
  const kind = (context as { readonly kind?: unknown } | null | undefined)?.kind;
  if (typeof kind !== 'string' && !effort) return undefined;
  return `${effort ?? ''} ${typeof kind === 'string' ? kind : ''}`;
}

function beyondContext(
  prompt: number,
  cap: number | undefined,
  { name, contextWindow }: ModelEntry,
): RequestTooLargeError {
  const requested = prompt + (cap ?? 0);
  const [least, answer, lower] =
    cap === undefined
      ? ['at least ', '', '']
      : ['', ` and its answer may have ${cap}`, ', lower max_completion_tokens'];
  return new RequestTooLargeError(
    `The prompt has ${least}${prompt} tokens${answer}, but the context window of "${name}" holds ${contextWindow}. Shorten the prompt${lower}, or take a model with a larger one.`,
    { requested, limit: contextWindow, window: 'context window', model: name },
  );
}
