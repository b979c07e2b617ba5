import type { ChatConfig, ModelConfig } from './ChatConfig.js';
import { type Environment, variable } from './environment.js';

interface TableModel {
  readonly id: string;
  readonly rpm: number;
  readonly rpd: number;
  readonly tpm: number;
  readonly tpd: number;
  readonly itpm?: number;
  readonly otpm?: number;
  readonly context: number;
  readonly maxOutput: number;
}

/** The model no longer answers (free and developer plans); `successor` is a living one for the same work. */
interface RetiredModel {
  readonly id: string;
  readonly until: string;
  readonly successor: string;
}

interface ModelTable {
  readonly snapshot: string;
  readonly living: readonly TableModel[];
  readonly retired: readonly RetiredModel[];
}

/**
 * Groq's published free-plan limits, from console.groq.com/docs/rate-limits, /docs/models and /docs/deprecations at the date of
 * the snapshot. Used where no other configuration is given. Models come and go within weeks: to update, replace the data.
 */
export const modelTable: ModelTable = {
  snapshot: '2026-10-01',
  // biome-ignore format: a table
  living: [
    { id: 'openai/gpt-oss-120b', rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, context: 131_072, maxOutput: 65_536 },
    { id: 'openai/gpt-oss-20b', rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, context: 131_072, maxOutput: 65_536 },
    { id: 'openai/gpt-oss-safeguard-20b', rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, context: 131_072, maxOutput: 65_536 },
    { id: 'qwen/qwen3.8-27b', rpm: 30, rpd: 1000, tpm: 8000, tpd: 200_000, itpm: 7000, otpm: 1000, context: 131_042, maxOutput: 16_384 },
    { id: 'meta-llama/llama-prompt-guard-2-22m', rpm: 30, rpd: 14_400, tpm: 15_000, tpd: 500_000, context: 512, maxOutput: 512 },
    { id: 'meta-llama/llama-prompt-guard-2-86m', rpm: 30, rpd: 14_400, tpm: 15_000, tpd: 500_000, context: 512, maxOutput: 512 },
    { id: 'allam-2-7b', rpm: 30, rpd: 7000, tpm: 6000, tpd: 500_000, context: 4096, maxOutput: 4096 },
  ],
  retired: [
    { id: 'groq/compound', until: '2026-09-21', successor: 'openai/gpt-oss-120b' },
    { id: 'groq/compound-mini', until: '2026-09-21', successor: 'openai/gpt-oss-20b' },
    { id: 'qwen/qwen3.6-27b', until: '2026-09-14', successor: 'qwen/qwen3.8-27b' },
    { id: 'llama-3.1-8b-instant', until: '2026-08-16', successor: 'openai/gpt-oss-20b' },
    { id: 'llama-3.3-70b-versatile', until: '2026-08-16', successor: 'openai/gpt-oss-120b' },
    { id: 'meta-llama/llama-4-scout-17b-16e-instruct', until: '2026-07-17', successor: 'qwen/qwen3.8-27b' },
    { id: 'qwen/qwen3-32b', until: '2026-07-17', successor: 'qwen/qwen3.8-27b' },
    { id: 'moonshotai/kimi-k2-instruct-0905', until: '2026-04-15', successor: 'openai/gpt-oss-120b' },
    { id: 'meta-llama/llama-4-maverick-17b-128e-instruct', until: '2026-03-09', successor: 'openai/gpt-oss-120b' },
    { id: 'moonshotai/kimi-k2-instruct', until: '2025-10-10', successor: 'openai/gpt-oss-120b' },
  ],
};

/**
 * The living models of the table as a configuration, for who has none. `$GROQ_BASE_URL` puts another server in Groq's place (a proxy, the
 * simulator), with `$GROQ_API_KEY` as its key; as in Groq's own SDK it may leave out the path.
 */
export function builtInConfig(env: Environment): ChatConfig {
  const server = serverOf(env);
  return Object.fromEntries(modelTable.living.map(model => [model.id, { ...toConfig(model), ...server }]));
}

function serverOf(env: Environment): ModelConfig {
  const base = variable(env, 'GROQ_BASE_URL');
  const key = variable(env, 'GROQ_API_KEY');
  if (!base) return {};
  const base_url = /^https?:\/\/[^/]+\/?$/.test(base) ? `${base.replace(/\/$/, '')}/openai/v1` : base;
  return { base_url, dialect: 'groq', ...(key && { api_key: key }) };
}

/** The living model that takes a retired one's place. */
export function successorOf(model: string): string | undefined {
  return modelTable.retired.find(({ id }) => id === model)?.successor;
}

/** The longest answer a model can give, in tokens, where the table knows it. */
export function maxOutputOf(model: string): number | undefined {
  return modelTable.living.find(({ id }) => id === model)?.maxOutput;
}

function toConfig({ rpm, rpd, tpm, tpd, itpm, otpm, context }: TableModel): ModelConfig {
  return {
    req_per_minute: rpm,
    req_per_day: rpd,
    token_per_minute: tpm,
    token_per_day: tpd,
    ...(itpm !== undefined && { input_token_per_minute: itpm }),
    ...(otpm !== undefined && { output_token_per_minute: otpm }),
    context_window: context,
  };
}
