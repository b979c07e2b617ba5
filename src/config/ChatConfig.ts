import type { RateWindow, Unit } from '../limits/index.js';

/**
 * Models by name, as users write them in a file or in code and as `config$` emits them. The entry named `"*"` holds the
 * defaults of every model that is not listed. A key `"$schema"` is tolerated beside the models.
 *
 * In the emitted form `api_key` is not enumerable and reads `gsk_…abcd`, and so do secret headers. An emitted entry object that
 * is put into another config keeps its real key; a spread copy of it does not, so write the key anew there.
 */
export type ChatConfig = Readonly<Record<string, ModelConfig>>;

/**
 * What can be said about one model; everything is optional. `-1` or absent: unlimited. `${NAME}` in any string is
 * replaced from the environment (`$${` stands for a literal `${`).
 */
export interface ModelConfig {
  /**
   * In a page a path alone, `/openai/v1`, is of the page's own server.
   * @default 'https://api.groq.com/openai/v1'
   */
  readonly base_url?: string | undefined;
  /** @default `$GROQ_API_KEY` for api.groq.com, none for every other host */
  readonly api_key?: string | undefined;
  readonly req_per_minute?: number | undefined;
  readonly req_per_day?: number | undefined;
  /** Prompt and answer together. */
  readonly token_per_minute?: number | undefined;
  readonly token_per_day?: number | undefined;
  /** Tokens of prompt and answer that the model can hold. */
  readonly context_window?: number | undefined;
  /** The name sent, where the entry is an alias. @default the entry's own name */
  readonly model?: string | undefined;
  /**
   * Entries of one pool share one set of windows and one line. Where they differ, the lowest limit of a unit, length and kind holds.
   * @default the entry's own name
   */
  readonly pool?: string | undefined;
  /** @default 'groq' for api.groq.com, 'openai' for every other host */
  readonly dialect?: 'groq' | 'openai' | undefined;
  /** When the server gives back what was reserved and not used. @default 'learn' for groq, 'usage' for openai */
  readonly refund?: 'learn' | 'usage' | 'never' | undefined;
  /**
   * When the server counts tokens: `head` when it takes a request, by what it reserves; `end` when the answer ends, by what it used.
   * @default 'head'
   */
  readonly count_from?: 'head' | 'end' | undefined;
  readonly input_token_per_minute?: number | undefined;
  readonly output_token_per_minute?: number | undefined;
  /** Requests in flight at once. */
  readonly max_concurrent?: number | undefined;
  /** Further windows; their `kind` is `sliding` where none is given. */
  readonly windows?: readonly RateWindow[] | undefined;
  /**
   * Which headers of its responses speak of which window, for a server whose names are not `x-ratelimit-limit-requests` and the like.
   * @default those of the dialect
   */
  readonly rate_limit_headers?: readonly RateLimitHeaders[] | undefined;
  /** Per million tokens, in any currency. For the client's `budgets` of money. */
  readonly price?: Price | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeouts?: TimeoutConfig | undefined;
}

/** What a million tokens cost. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of the input, what the server had cached. @default as `input` */
  readonly cached_input?: number | undefined;
}

/** The headers that speak of one window, such as Cerebras' `x-ratelimit-limit-tokens-minute`. */
export interface RateLimitHeaders {
  /** @default 'requests' */
  readonly unit?: Unit | undefined;
  /** ms, or '1m', '1d' */
  readonly per: number | string;
  /** Name of the header that has the units the window holds. */
  readonly limit: string;
  /** … the units that are left of it. */
  readonly remaining: string;
  /** … how long until it is full again: '2m59.56s', '335ms', or seconds. */
  readonly reset: string;
}

/** All in ms; -1 = none, absent = the client's own. */
export interface TimeoutConfig {
  /** Until the connection stands. */
  readonly connect?: number | undefined;
  /** From there until the head of the response. */
  readonly head?: number | undefined;
  /** Between two contents of a stream. */
  readonly idle?: number | undefined;
  /** The whole request, without its wait in line. */
  readonly total?: number | undefined;
}
