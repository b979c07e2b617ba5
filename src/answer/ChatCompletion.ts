/*
 * The API's answer under its own names. These are results: they must fit where groq-sdk's and openai's own types are asked for, so a
 * field says what both SDKs say of it. What the two declare in ways that exclude each other is received and passed on, but not
 * declared: `service_tier`, `annotations`, the finish reason `content_filter`.
 */

/** A whole answer, in the API's own shape. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** In s since 1970. */
  created: number;
  /** As the server names it; may be more exact than what was asked for. */
  model: string;
  /** At least one, so `choices[0].message.content` needs no check. More with `n`. */
  choices: [ChatChoice, ...ChatChoice[]];
  usage?: Usage;
  system_fingerprint?: string;
  /** Groq. */
  x_groq?: {
    /** The server's id of the request, for its support. */
    id: string;
    seed?: number | null;
    usage?: { dram_cached_tokens?: number; sram_cached_tokens?: number } | null;
    debug?: TokenDebug | null;
  };
  /** Groq, for systems of several models. */
  usage_breakdown?: UsageBreakdown;
  /** Groq: what the connected MCP servers offer. */
  mcp_list_tools?: McpListTool[] | null;
}

export interface ChatChoice {
  index: number;
  message: ChatAnswer;
  finish_reason: FinishReason;
  logprobs: ChatLogprobs | null;
}

/** `length`: cut off at the output cap, so neither its text nor its tool calls are whole. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call';

/** The message of an answer. It can be put among the `messages` of the next request as it is. */
export interface ChatAnswer {
  role: 'assistant';
  /** Null where tools are called instead. */
  content: string | null;
  /** Null where nothing was refused. openai's type wants it; Groq does not send it, so ask whether there is text in it. */
  refusal: string | null;
  /** Groq, with `reasoning_format: 'parsed'`. */
  reasoning?: string | null;
  tool_calls?: ToolCall[];
  /** @deprecated by the API in favour of `tool_calls`. */
  function_call?: { name: string; arguments: string };
  /** Groq: tools that the server ran by itself. */
  executed_tools?: ExecutedTool[];
}

export interface ToolCall {
  id: string;
  type: 'function';
  /** `arguments` is JSON text, written by the model: check it before use. */
  function: { name: string; arguments: string };
}

/** Tokens, and on Groq times in s. */
export interface Usage {
  prompt_tokens: number;
  /** Reasoning included. */
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens: number; cache_write_tokens?: number; audio_tokens?: number };
  completion_tokens_details?: {
    reasoning_tokens: number;
    audio_tokens?: number;
    accepted_prediction_tokens?: number;
    rejected_prediction_tokens?: number;
  };
  queue_time?: number;
  prompt_time?: number;
  completion_time?: number;
  total_time?: number;
}

export interface UsageBreakdown {
  models: { model: string; usage: Usage }[];
}

export interface ChatLogprobs {
  content: TokenLogprob[] | null;
  refusal: TokenLogprob[] | null;
}

export interface TokenLogprob {
  token: string;
  /** The token's UTF-8. */
  bytes: number[] | null;
  logprob: number;
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
}

export interface ExecutedTool {
  index: number;
  type: string;
  /** JSON text. */
  arguments: string;
  output?: string | null;
  search_results?: {
    images?: string[];
    results?: { title?: string; url?: string; content?: string; score?: number }[];
  } | null;
  browser_results?: { title: string; url: string; content?: string; live_view_url?: string }[];
  code_results?: { text?: string; png?: string }[];
}

export interface McpListTool {
  id?: string;
  type?: string;
  server_label?: string;
  tools?: { name?: string; description?: string; input_schema?: { [key: string]: unknown }; annotations?: unknown }[];
}

export interface TokenDebug {
  input_tokens?: string[];
  input_token_ids?: number[];
  output_tokens?: string[];
  output_token_ids?: number[];
}
