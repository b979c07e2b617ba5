import type { ChatLogprobs, ExecutedTool, FinishReason, TokenDebug, Usage, UsageBreakdown } from './ChatCompletion.js';

/** One event of a streamed answer, in the API's own shape. Fits where groq-sdk's or openai's own type is asked for. */
export interface ChatChunk {
  /** The same in every chunk of an answer. */
  id: string;
  object: 'chat.completion.chunk';
  /** In s since 1970. */
  created: number;
  model: string;
  /** May be empty, for instance in the chunk that brings `usage`. */
  choices: ChatChunkChoice[];
  /** In the last chunk; Groq says the same in `x_groq.usage`. */
  usage?: Usage | null;
  /** Ours: here goes on, after so many characters, an answer that broke off; what it said again has been left out (`continueOnBreak`). */
  rx_seam?: { at: number; removed: number };
  system_fingerprint?: string;
  /** Groq; different fields in different chunks. */
  x_groq?: {
    /** The server's id of the request, for its support. */
    id?: string | null;
    seed?: number | null;
    usage?: Usage | null;
    usage_breakdown?: UsageBreakdown | null;
    /** Why a stream was stopped early. */
    error?: string | null;
    debug?: TokenDebug | null;
  };
}

export interface ChatChunkChoice {
  index: number;
  delta: ChatDelta;
  /** Null until the last chunk of this choice. */
  finish_reason: FinishReason | null;
  logprobs?: ChatLogprobs | null;
}

/** What one chunk adds to the answer. */
export interface ChatDelta {
  role?: 'system' | 'user' | 'assistant' | 'tool';
  content?: string | null;
  /** Groq, with `reasoning_format: 'parsed'`. */
  reasoning?: string | null;
  /** The same from vLLM, SGLang and others. */
  reasoning_content?: string | null;
  /** Groq's gpt-oss: `analysis` beside reasoning. */
  channel?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCallDelta[];
  /** @deprecated by the API in favour of `tool_calls`. */
  function_call?: { name?: string; arguments?: string };
  /** Groq: tools that the server ran by itself. */
  executed_tools?: ExecutedTool[];
}

/** A piece of the tool call with this `index`; `arguments` are to be joined. */
export interface ToolCallDelta {
  index: number;
  id?: string;
  type?: 'function';
  function?: { name?: string; arguments?: string };
}
