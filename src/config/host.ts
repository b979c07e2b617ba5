import type { ModelConfig } from './ChatConfig.js';

export const groqUrl = 'https://api.groq.com/openai/v1';

/** In a page `/v1` is its own server's; elsewhere there is nothing that it could be of. Undefined where it is no http address. */
export function addressOf(baseUrl: string): URL | undefined {
  const { location } = globalThis as { readonly location?: { readonly origin: string } };
  const base = baseUrl.startsWith('/') ? location?.origin : undefined;
  const url = URL.canParse(baseUrl, base) ? new URL(baseUrl, base) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** Whether a base URL (checked, or left out) is Groq's own, over the protocol asked for. */
export function isGroq(baseUrl: string = groqUrl, protocol?: 'https:'): boolean {
  const url = addressOf(baseUrl)!;
  return url.hostname === 'api.groq.com' && (protocol === undefined || url.protocol === protocol);
}

export function dialectOf({ dialect, base_url }: ModelConfig): 'groq' | 'openai' {
  return dialect ?? (isGroq(base_url) ? 'groq' : 'openai');
}
