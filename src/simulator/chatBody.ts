/** The part of a validated chat request that the simulator looks at. Everything else is checked by name and ignored. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean | null } | null;
  readonly max_completion_tokens?: number | null;
  readonly max_tokens?: number | null;
  readonly seed?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly tools?: readonly ChatTool[] | null;
  readonly tool_choice?: string | { readonly function?: { readonly name?: string } } | null;
  readonly response_format?: {
    readonly type?: string;
    readonly json_schema?: { readonly name?: string; readonly schema?: JsonSchema };
  } | null;
  readonly reasoning_effort?: string | null;
  readonly reasoning_format?: string | null;
  readonly include_reasoning?: boolean | null;
  readonly service_tier?: string | null;
}

export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly ContentPart[] | null;
  readonly tool_calls?: readonly unknown[] | null;
}

export interface ContentPart {
  readonly type: string;
  readonly text?: string;
}

export interface ChatTool {
  readonly type: string;
  readonly function: { readonly name: string; readonly parameters?: JsonSchema };
}

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The output cap of a request, if it has one. */
export function capOf(body: ChatBody): number | undefined {
  return body.max_completion_tokens ?? body.max_tokens ?? undefined;
}

/** The last thing that a person said. */
export function questionOf(body: ChatBody): string {
  const content = body.messages.findLast(message => message.role === 'user')?.content ?? '';
  return typeof content === 'string' ? content : content.map(part => part.text ?? '').join(' ');
}
