import type { Observable } from 'rxjs';

/*
 * The API's request body under its own names. Every closed word list also takes any other string, for two reasons: a request kept in
 * a `const` has its `role` widened to string, and the API grows faster than we do. Every optional field also takes null and undefined,
 * so that a body typed by groq-sdk or openai fits whatever the caller's `exactOptionalPropertyTypes` says.
 */

type Open<Known extends string> = Known | (string & {});

/** A field that may be left out, in any of the ways in which people leave things out. */
type Maybe<T> = T | null | undefined;

export type ChatRole = Open<'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function'>;

/**
 * A request to `POST /chat/completions`: any example of the API can be pasted in. Fields that are not named here are sent as they
 * are; give them by way of a variable or a spread, as TypeScript refuses unknown names in an object literal.
 *
 * Nothing in it is ever changed by the library. The six own fields come first and are not sent.
 */
export interface ChatRequest {
  /** 1 (most urgent) to 10; default 5. As an Observable: the newest value counts for as long as the request waits. */
  priority?: Maybe<number | Observable<number>>;
  /** Anything of yours. Found again on the `request` of results, streams and events. */
  context?: unknown;
  /** How long it may wait in line, in ms; then it fails with a `QueueTimeoutError`. Left out: as long as it takes. */
  queueTimeout?: Maybe<number>;
  /**
   * Models to try in this order when this one can't answer: it is down, gone, forbidden, too small or out of quota. Never once a part of
   * the answer has been delivered, and not for a request that is wrong. See the client's `fallbackAfter`.
   */
  fallbacks?: Maybe<readonly string[]>;
  /**
   * Cancels the request wherever it is, as unsubscribing does, but ends the Observable with an `AbortError`. One signal may serve any number
   * of requests; none leaves a listener behind.
   */
  signal?: Maybe<AbortSignal>;
  /**
   * How often the answer may go on by a further request where it breaks off in its middle (`stream_broken`, `stream_timeout`), whichever
   * method streams it. That request is paced like any, and is given the text so far as an assistant's message
   * to go on from; what it says again is left out, and its first chunk is marked (`rx_seam`). Not of tool calls, of several choices, or before there is text. @default 0: it fails
   */
  continueOnBreak?: Maybe<number>;

  model: string;
  messages: readonly ChatMessage[];

  /** The most tokens of the answer, reasoning included. Also what the server reserves of a token quota, so keep it small. */
  max_completion_tokens?: Maybe<number>;
  /** The older name of `max_completion_tokens`. */
  max_tokens?: Maybe<number>;
  /** 0 to 2. */
  temperature?: Maybe<number>;
  /** 0 to 1. */
  top_p?: Maybe<number>;
  seed?: Maybe<number>;
  /** At most four. */
  stop?: Maybe<string | readonly string[]>;
  n?: Maybe<number>;
  frequency_penalty?: Maybe<number>;
  presence_penalty?: Maybe<number>;
  logit_bias?: Maybe<Readonly<Record<string, number>>>;
  logprobs?: Maybe<boolean>;
  top_logprobs?: Maybe<number>;
  user?: Maybe<string>;

  /** Set by the library: `stream()` always streams, `complete()` unless told false. */
  stream?: Maybe<boolean>;
  stream_options?: Maybe<{ include_usage?: Maybe<boolean>; include_obfuscation?: Maybe<boolean> }>;

  tools?: Maybe<readonly ChatTool[]>;
  tool_choice?: Maybe<Open<'none' | 'auto' | 'required'> | ChatToolChoice>;
  parallel_tool_calls?: Maybe<boolean>;
  disable_tool_validation?: Maybe<boolean>;
  /** @deprecated by the API in favour of `tools`. */
  functions?: Maybe<readonly ChatFunction[]>;
  /** @deprecated by the API in favour of `tool_choice`. */
  function_call?: Maybe<Open<'none' | 'auto' | 'required'> | { name: string }>;

  response_format?: Maybe<ChatResponseFormat>;
  reasoning_effort?: Maybe<Open<'none' | 'default' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'>>;
  /** Groq: not together with `include_reasoning`. */
  reasoning_format?: Maybe<Open<'hidden' | 'raw' | 'parsed'>>;
  include_reasoning?: Maybe<boolean>;
  verbosity?: Maybe<Open<'low' | 'medium' | 'high'>>;
  modalities?: Maybe<readonly Open<'text' | 'audio'>[]>;
  audio?: Maybe<{ format: string; voice: string | { id: string } }>;
  prediction?: Maybe<{ type: Open<'content'>; content: string | readonly ChatContentPart[] }>;

  /** Sources to answer from and to cite (Groq). */
  documents?: Maybe<readonly ChatDocument[]>;
  citation_options?: Maybe<Open<'enabled' | 'disabled'>>;
  search_settings?: Maybe<{
    country?: Maybe<string>;
    include_domains?: Maybe<readonly string[]>;
    exclude_domains?: Maybe<readonly string[]>;
    include_images?: Maybe<boolean>;
  }>;
  /** @deprecated by the API in favour of `search_settings`. */
  include_domains?: Maybe<readonly string[]>;
  /** @deprecated by the API in favour of `search_settings`. */
  exclude_domains?: Maybe<readonly string[]>;
  compound_custom?: Maybe<{
    models?: Maybe<{ answering_model?: Maybe<string>; reasoning_model?: Maybe<string> }>;
    tools?: Maybe<{
      enabled_tools?: Maybe<readonly string[]>;
      wolfram_settings?: Maybe<{ authorization?: Maybe<string> }>;
    }>;
  }>;
  web_search_options?: Maybe<{
    search_context_size?: Maybe<Open<'low' | 'medium' | 'high'>>;
    user_location?: Maybe<{
      type: Open<'approximate'>;
      approximate: { city?: Maybe<string>; country?: Maybe<string>; region?: Maybe<string>; timezone?: Maybe<string> };
    }>;
  }>;

  service_tier?: Maybe<Open<'auto' | 'on_demand' | 'flex' | 'performance' | 'default' | 'scale' | 'priority'>>;
  store?: Maybe<boolean>;
  metadata?: Maybe<Readonly<Record<string, string>>>;
  safety_identifier?: Maybe<string>;
  moderation?: Maybe<{
    model: string;
    policy?: Maybe<{ input?: Maybe<{ mode: string }>; output?: Maybe<{ mode: string }> }>;
  }>;
  prompt_cache_key?: Maybe<string>;
  prompt_cache_options?: Maybe<{ mode?: Maybe<Open<'implicit' | 'explicit'>>; ttl?: Maybe<string> }>;
  prompt_cache_retention?: Maybe<Open<'in_memory' | '24h'>>;
}

/** One turn of the conversation. The `message` of a `ChatCompletion` fits as it is. */
export interface ChatMessage {
  role: ChatRole;
  /** Needed by every role but `assistant`, which may call tools instead. */
  content?: Maybe<string | readonly ChatContentPart[]>;
  name?: Maybe<string>;
  /** Of an `assistant`: the calls it made. */
  tool_calls?: Maybe<readonly ChatToolCallParam[]>;
  /** Of a `tool`: the call that this answers. */
  tool_call_id?: Maybe<string>;
  reasoning?: Maybe<string>;
  refusal?: Maybe<string>;
  audio?: Maybe<{ id: string }>;
  /** @deprecated by the API in favour of `tool_calls`. */
  function_call?: Maybe<{ name?: Maybe<string>; arguments?: Maybe<string> }>;
}

/** The field named by `type` holds the content. */
export interface ChatContentPart {
  type: Open<'text' | 'image_url' | 'document' | 'input_audio' | 'file' | 'refusal'>;
  text?: Maybe<string>;
  image_url?: Maybe<{ url: string; detail?: Maybe<Open<'auto' | 'low' | 'high'>> }>;
  document?: Maybe<{ data: object; id?: Maybe<string> }>;
  input_audio?: Maybe<{ data: string; format: Open<'wav' | 'mp3'> }>;
  file?: Maybe<{ file_data?: Maybe<string>; file_id?: Maybe<string>; filename?: Maybe<string> }>;
  refusal?: Maybe<string>;
  prompt_cache_breakpoint?: Maybe<{ mode: Open<'explicit'> }>;
}

/** A call of a tool as it goes back to the server. */
export interface ChatToolCallParam {
  id: string;
  type: Open<'function' | 'custom'>;
  /** `arguments` is JSON text. */
  function?: Maybe<{ name: string; arguments: string }>;
  custom?: Maybe<{ name: string; input: string }>;
}

export interface ChatTool {
  type: Open<'function' | 'browser_search' | 'code_interpreter' | 'custom'>;
  function?: Maybe<ChatFunction>;
  custom?: Maybe<{ name: string; description?: Maybe<string>; format?: Maybe<object> }>;
}

export interface ChatFunction {
  name: string;
  description?: Maybe<string>;
  /** A JSON Schema. */
  parameters?: Maybe<object>;
  strict?: Maybe<boolean>;
}

export interface ChatToolChoice {
  type: Open<'function' | 'custom' | 'allowed_tools'>;
  function?: Maybe<{ name: string }>;
  custom?: Maybe<{ name: string }>;
  allowed_tools?: Maybe<{ mode: Open<'auto' | 'required'>; tools: readonly object[] }>;
}

export interface ChatResponseFormat {
  type: Open<'text' | 'json_object' | 'json_schema'>;
  json_schema?: Maybe<{
    name: string;
    description?: Maybe<string>;
    /** A JSON Schema. */
    schema?: Maybe<object>;
    strict?: Maybe<boolean>;
  }>;
}

export interface ChatDocument {
  id?: Maybe<string>;
  source: { type: Open<'text' | 'json'>; text?: Maybe<string>; data?: Maybe<object> };
}
