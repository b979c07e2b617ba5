import type { ModelConfig } from './ChatConfig.js';

export const groqUrl = 'https://api.groq.com/openai/v1';

/** Whether a base URL (checked, or left out) is Groq's own, over the protocol asked for. */
export function isGroq(baseUrl: string = groqUrl, protocol?: 'https:'): boolean {
  const url = new URL(baseUrl);
  return url.hostname === 'api.groq.com' && (protocol === undefined || url.protocol === protocol);
}

export function dialectOf({ dialect, base_url }: ModelConfig): 'groq' | 'openai' {
  return dialect ?? (isGroq(base_url) ? 'groq' : 'openai');
}
