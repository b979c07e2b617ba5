import type { Unit, Window } from './RateWindow.js';

/** What a server says of one of its windows: in a response's headers, or in the text of a refusal. */
export interface QuotaReport {
  readonly unit: Unit;
  /** ms, as the words mean it ("per minute") */
  readonly per: number;
  readonly limit: number;
  /** Units that the server has counted; undefined where it does not say. */
  readonly used: number | undefined;
  /** ms until the server is sure to have room again. */
  readonly resetMs: number;
  /** Whether limit, use and wait fit together as those of a window of that length. If not, it may not be one. */
  readonly confirmed: boolean;
  /** Units that this window refused, for ever where they are more than its limit; undefined where the report comes with an answer. */
  readonly refused: number | undefined;
  /** How this server counts, should a window have to be made of the report. */
  readonly kind: Window['kind'];
}

/** What a report has changed in the windows that are counted here. */
export interface WindowChange {
  /**
   * - `learned`: the server has a window, or a lower limit, that the config does not say
   * - `elsewhere`: somebody else uses the quota; `amount` units more than we knew of
   * - `sliding`: a `bucket` refused what a bucket has room for, so it is counted as `sliding` from now on
   */
  readonly reason: 'learned' | 'elsewhere' | 'sliding';
  /** As it is counted now. */
  readonly window: Window;
  readonly amount: number;
}
