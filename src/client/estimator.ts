import { isObservable, map, type Observable } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { RequestTooLargeError } from '../errors/index.js';
import {
  actualCost,
  byteBound,
  capOf,
  completionForecast,
  promptCalibration,
  refundWatch,
  type TokenCounter,
  toCost,
  type WorkerTokenCounter,
  workerTokenCounter,
} from '../estimate/index.js';
import type { Cost, QuotaReport } from '../limits/index.js';
import type { ChatRequest, Usage } from '../request/index.js';

/** What a request will take, before sending; and what it has taken, afterwards. */
export interface Estimator {
  /** Prompt tokens, as the server counts them. */
  count(entry: ModelEntry, request: Pick<ChatRequest, 'model' | 'messages' | 'tools'>): number | Observable<number>;
  /** For one request; remembers its estimate until it is settled. */
  /** @param countsTokens whether one of the model's windows does, when the cost is asked for */
  begin(entry: ModelEntry, request: ChatRequest, countsTokens: () => boolean): Estimate;
  /** Frees the tokenizer; done when it has. */
  close(): Promise<void>;
}

export interface Estimate {
  /** The cost, counted exactly. @throws RequestTooLargeError (or errors with it) for a prompt beyond the context window */
  cost(): Cost | Observable<Cost>;
  /** A cheap upper bound of it; undefined where the context window may be too small for it. */
  readonly atMost: Cost | undefined;
  /** What an answer took, by its usage. Teaches the next estimates. */
  settled(usage: Usage): Cost;
  /** What the server said of a window, and how much more it has left than is counted here, as a share of the window. */
  heard(report: QuotaReport, surplus: number): void;
  /** What an answer took that broke off or was cancelled after so much text; undefined: all that was reserved. */
  abandoned(text: number): Cost | undefined;
}

/** Characters of an answer that make a token at the least, where no usage tells: English has 4 to 5. */
const charactersPerToken = 3;

export function estimator(injected: TokenCounter | undefined): Estimator {
  const forecast = completionForecast();
  const calibration = promptCalibration();
  const refunds = refundWatch();
  // The tokenizer's thread starts with the first count, if there ever is one.
  let worker: WorkerTokenCounter | undefined;
  const counter: TokenCounter = request => {
    if (injected) return injected(request);
    worker ??= workerTokenCounter();
    return worker.count(request);
  };
  const count: Estimator['count'] = (entry, request) => counter({ ...request, model: entry.model });

  return {
    count,
    begin(entry, request, countsTokens) {
      const { model, contextWindow } = entry;
      const cap = capOf(request);
      const completion = () => cap ?? forecast.forecast(model);
      let prompt = byteBound({ ...request, model });
      let counted = false;
      const bound = prompt;
      const take = (tokens: number): Cost => {
        counted = true;
        prompt = tokens;
        if (tokens > contextWindow) throw beyondContext(tokens, contextWindow, request.model);
        return toCost(calibration.raise(model, tokens), completion());
      };
      return {
        atMost: bound <= contextWindow ? toCost(bound, completion()) : undefined,
        cost() {
          // Where no window counts tokens and the context is wide enough, nobody needs to know how many there are.
          if (bound <= contextWindow && !countsTokens()) return toCost(bound, completion());
          const tokens = count(entry, request);
          return isObservable(tokens) ? tokens.pipe(map(take)) : take(tokens);
        },
        settled(usage) {
          forecast.observe(model, usage.completion_tokens);
          if (counted) calibration.observe(model, prompt, usage.prompt_tokens);
          return actualCost(usage, { cap, refund: entry.refund, learnedRefund: refunds.refunds(model) });
        },
        heard(report, surplus) {
          if (!report.unit.endsWith('tokens')) return;
          if (report.refused === undefined) refunds.observe(model, surplus);
          else refunds.refused(model);
        },
        abandoned(text) {
          const givenBack = entry.refund === 'usage' || (entry.refund === 'learn' && refunds.refunds(model));
          return givenBack ? toCost(prompt, Math.ceil(text / charactersPerToken)) : undefined;
        },
      };
    },
    async close() {
      await worker?.release();
    },
  };
}

function beyondContext(requested: number, limit: number, model: string): RequestTooLargeError {
  return new RequestTooLargeError(
    `The prompt has ${requested} tokens, but the context window of "${model}" holds ${limit}. Shorten the prompt, or take a model with a larger one.`,
    { requested, limit, window: 'context window', model },
  );
}
