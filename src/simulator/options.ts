import type { SimulatedToolCalls } from './answers.js';
import type { ChatBody } from './chatBody.js';
import type { Counting } from './counting.js';
import type { SimulatorEvent } from './journal.js';
import { DEFAULT_MODELS, type SimulatedLimits, type SimulatedModel, type TemplateTokens } from './models.js';
import type { Range } from './random.js';

export interface SimulatorOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** Of delays, identifiers and answers. The same prompt gets the same answer under the same seed. @default 1 */
  readonly seed?: number;
  /** @default Groq's free plan of 2026-10-01, `DEFAULT_MODELS` */
  readonly models?: readonly SimulatedModel[];
  /** By model, `*` for all: replaces the windows named. A model not in the table is added, a retired one revived. */
  readonly limits?: Readonly<Record<string, SimulatedLimits>>;
  /** `bucket` refills continuously, as Groq; `sliding` is the exact log; `fixed` is aligned to the start. @default 'bucket' */
  readonly counting?: Counting;
  /**
   * When tokens are counted: `head` counts prompt + cap at admission; `end` looks at admission whether they would fit,
   * and counts what was really used at the end of the answer. Requests always count at admission. @default 'head'
   */
  readonly countAt?: 'head' | 'end';
  /** Is the unused part of prompt + cap given back at the end of the answer? @default false, as recorded on Groq */
  readonly refund?: boolean;
  /** Send `x-ratelimit-*`? `retry-after` is sent in any case. @default true */
  readonly headers?: boolean;
  /** Every window is so many times shorter: at 12 a minute takes 5 s. Waits in texts and headers are real time. @default 1 */
  readonly timeScale?: number;
  /** ms from the last byte of a request to the instant at which it is counted, drawn per request. @default [2, 20] */
  readonly delayBefore?: Range;
  /** ms from then to the head. @default [2, 20] */
  readonly delayAfter?: Range;
  /** Speed of an answer; Infinity: at once. @default 500 */
  readonly tokensPerSecond?: number;
  /** Each chunk comes up to so many ms later than its speed says. @default 0 */
  readonly jitter?: number;
  /** @default any key that is not empty */
  readonly apiKeys?: readonly string[];
  /** Tokens that a request without a cap reserves; reports of what Groq takes differ. @default 1024 */
  readonly reserveWithoutCap?: number;
  /** The tokens of a text, and of tools and schemas, are multiplied by it. @default 1 */
  readonly tokenRatio?: number;
  /** Instead of every model's own template. */
  readonly templateTokens?: TemplateTokens;
  /** Tokens of the whole prompt, template included. @default the simulator's own rule, never above o200k's count */
  readonly countTokens?: (messages: ChatBody['messages'], body: ChatBody) => number;
  /** The text to answer, or the tools to call; undefined leaves it to the simulator. The cap still cuts it. */
  readonly answer?: (body: ChatBody) => string | SimulatedToolCalls | undefined;
  readonly onEvent?: (event: SimulatorEvent) => void;
}

type Optional = 'templateTokens' | 'countTokens' | 'answer' | 'onEvent' | 'apiKeys';
export type Settings = Required<Omit<SimulatorOptions, Optional>> & Pick<SimulatorOptions, Optional>;

/** @throws TypeError naming the option that is out of its range */
export function settingsOf(options: SimulatorOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULTS, ...given };
  const must = (right: boolean, name: keyof Settings, what: string): void => {
    if (!right) throw new TypeError(`simulator: ${name} must be ${what}, got ${String(settings[name])}`);
  };
  must(Number.isInteger(settings.port) && settings.port >= 0 && settings.port < 65_536, 'port', '0 to 65535');
  must(['bucket', 'sliding', 'fixed'].includes(settings.counting), 'counting', 'bucket, sliding or fixed');
  must(['head', 'end'].includes(settings.countAt), 'countAt', 'head or end');
  must(Number.isFinite(settings.seed), 'seed', 'a number');
  must(settings.timeScale > 0 && settings.timeScale < Infinity, 'timeScale', 'a number above 0');
  must(isRange(settings.delayBefore), 'delayBefore', 'two numbers of ms, the smaller first');
  must(isRange(settings.delayAfter), 'delayAfter', 'two numbers of ms, the smaller first');
  must(settings.tokensPerSecond > 0, 'tokensPerSecond', 'a number above 0');
  must(settings.jitter >= 0 && settings.jitter < Infinity, 'jitter', 'a number of ms, at least 0');
  must(settings.reserveWithoutCap >= 1, 'reserveWithoutCap', 'at least 1');
  must(settings.tokenRatio >= 0 && settings.tokenRatio < Infinity, 'tokenRatio', 'a number, at least 0');
  return settings;
}

function isRange(range: Range): boolean {
  return range.length === 2 && range[0] >= 0 && range[1] >= range[0] && range[1] < Infinity;
}

const DEFAULTS = {
  port: 0,
  host: '127.0.0.1',
  seed: 1,
  models: DEFAULT_MODELS,
  limits: {},
  counting: 'bucket',
  countAt: 'head',
  refund: false,
  headers: true,
  timeScale: 1,
  delayBefore: [2, 20],
  delayAfter: [2, 20],
  tokensPerSecond: 500,
  jitter: 0,
  reserveWithoutCap: 1024,
  tokenRatio: 1,
} as const satisfies Settings;
