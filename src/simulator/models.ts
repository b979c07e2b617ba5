/** The free plan as published on console.groq.com, snapshot of 2026-10-01. Data only; give `models` to replace it. */

/** Units per minute or per day; -1 or left out: unlimited; 0: closed. */
export interface SimulatedLimits {
  readonly rpm?: number;
  readonly rpd?: number;
  readonly tpm?: number;
  readonly tpd?: number;
  readonly itpm?: number;
  readonly otpm?: number;
}

/** Tokens that the chat template adds to the text. */
export interface TemplateTokens {
  /** once a request */
  readonly request: number;
  /** once a message */
  readonly message: number;
}

export interface SimulatedModel {
  readonly id: string;
  readonly limits: SimulatedLimits;
  /** Tokens of prompt and answer together. */
  readonly context: number;
  /** The largest `max_completion_tokens` that is accepted. */
  readonly maxOutput: number;
  /** @default { request: 3, message: 4 } */
  readonly template?: TemplateTokens;
  /** It is gone: 400 model_decommissioned or 404 model_not_found, as Groq answered when it went. */
  readonly retired?: 'decommissioned' | 'not_found';
}

/** `hello` is 72 tokens on Groq: 71 of template, 4 more for each further message. */
const HARMONY: TemplateTokens = { request: 67, message: 4 };
const CHATML: TemplateTokens = { request: 3, message: 5 };
const LLAMA: TemplateTokens = { request: 5, message: 5 };

const GPT_OSS = {
  limits: { rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000 },
  context: 131_072,
  maxOutput: 65_536,
  template: HARMONY,
} as const;

const PROMPT_GUARD = {
  limits: { rpm: 30, rpd: 14_400, tpm: 15_000, tpd: 500_000 },
  context: 512,
  maxOutput: 512,
} as const;

/** A model that nobody has described. */
export const UNKNOWN_MODEL: Omit<SimulatedModel, 'id'> = { limits: {}, context: 131_072, maxOutput: 65_536 };

export const DEFAULT_MODELS: readonly SimulatedModel[] = [
  { id: 'openai/gpt-oss-120b', ...GPT_OSS },
  { id: 'openai/gpt-oss-20b', ...GPT_OSS },
  { id: 'openai/gpt-oss-safeguard-20b', ...GPT_OSS },
  {
    id: 'qwen/qwen3.8-27b',
    limits: { rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, itpm: 7000, otpm: 1000 },
    context: 131_042,
    maxOutput: 16_384,
    template: CHATML,
  },
  { id: 'meta-llama/llama-prompt-guard-2-22m', ...PROMPT_GUARD },
  { id: 'meta-llama/llama-prompt-guard-2-86m', ...PROMPT_GUARD },
  { id: 'allam-2-7b', limits: { rpm: 30, rpd: 7000, tpm: 6000, tpd: 500_000 }, context: 4096, maxOutput: 4096 },

  // Gone, the last first. Those that went since August 2026 are answered 404, the earlier ones 400.
  retired('groq/compound', 'not_found', [30, 250, 70_000, -1], 131_072, 8192),
  retired('groq/compound-mini', 'not_found', [30, 250, 70_000, -1], 131_072, 8192),
  retired('qwen/qwen3.6-27b', 'not_found', [30, 1000, 8000, 200_000], 131_072, 16_384, CHATML),
  retired('llama-3.1-8b-instant', 'not_found', [30, 14_400, 6000, 500_000], 131_072, 131_072, LLAMA),
  retired('llama-3.3-70b-versatile', 'not_found', [30, 1000, 12_000, 100_000], 131_072, 32_768, LLAMA),
  retired(
    'meta-llama/llama-4-scout-17b-16e-instruct',
    'decommissioned',
    [30, 1000, 30_000, 500_000],
    131_072,
    8192,
    LLAMA,
  ),
  retired('qwen/qwen3-32b', 'decommissioned', [60, 1000, 6000, 500_000], 131_072, 40_960, CHATML),
  retired('moonshotai/kimi-k2-instruct-0905', 'decommissioned', [60, 1000, 10_000, 300_000], 262_144, 16_384),
  retired(
    'meta-llama/llama-4-maverick-17b-128e-instruct',
    'decommissioned',
    [30, 1000, 6000, 500_000],
    131_072,
    8192,
    LLAMA,
  ),
  retired('moonshotai/kimi-k2-instruct', 'decommissioned', [60, 1000, 10_000, 300_000], 131_072, 16_384),
];

function retired(
  id: string,
  how: 'decommissioned' | 'not_found',
  [rpm, rpd, tpm, tpd]: readonly [number, number, number, number],
  context: number,
  maxOutput: number,
  template?: TemplateTokens,
): SimulatedModel {
  return {
    id,
    retired: how,
    limits: { rpm, rpd, tpm, tpd },
    context,
    maxOutput,
    ...(template && { template }),
  };
}
