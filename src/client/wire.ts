import { apiKeyOf, headersOf, type ModelEntry } from '../config/index.js';
import { type ChatRequest, toBody } from '../request/index.js';
import type { TransportRequest } from '../transport/index.js';

/** A request as it goes over the wire to this entry's server. */
export function wireRequest(
  entry: ModelEntry,
  request: ChatRequest,
  options: {
    readonly streaming: boolean;
    readonly askUsage: boolean;
    readonly connectTimeout: number;
    /** In place of its own. */
    readonly cap: number | undefined;
    readonly onDemand: boolean;
  },
): TransportRequest {
  const { streaming, askUsage, connectTimeout, cap, onDemand } = options;
  const overrides: Record<string, unknown> = { model: entry.model, stream: streaming };
  if (!streaming) overrides.stream_options = undefined;
  else if (askUsage) overrides.stream_options = { include_usage: true, ...request.stream_options };
  if (cap !== undefined)
    overrides[request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens'] = cap;
  if (onDemand) overrides.service_tier = 'on_demand';
  const key = apiKeyOf(entry);
  const headers = {
    'content-type': 'application/json',
    accept: streaming ? 'text/event-stream' : 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...headersOf(entry),
  };
  return new ChatWire(`${entry.baseUrl}/chat/completions`, headers, toBody(request, overrides), connectTimeout);
}

/** A class for the reason that makes `Call` one. */
class ChatWire implements TransportRequest {
  readonly method = 'POST';

  constructor(
    readonly url: string,
    readonly headers: Readonly<Record<string, string>>,
    readonly body: string,
    readonly connectTimeout: number,
  ) {}
}

/** Groq refuses to stream structured outputs. */
export function canStream(entry: ModelEntry, request: ChatRequest): boolean {
  return !(entry.dialect === 'groq' && request.response_format?.type === 'json_schema');
}
