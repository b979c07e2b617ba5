import type { ApiError } from '../errors/index.js';
import type { StandardSchema } from '../operators/standardSchema.js';
import type { ChatChunk, ChatCompletion, ChatMessage } from '../request/index.js';

/** A function that the model may call. */
export interface Tool<Arguments = unknown> {
  /** Tells the model what it is for. */
  readonly description?: string;
  /** Of an object: any schema with Standard JSON Schema (zod from 4.2 on, say). What the model writes is checked by it. */
  readonly parameters: StandardSchema<unknown, Arguments>;
  /**
   * Gives the result: a value, a Promise of one, or an Observable, whose last value counts. Text goes to the model as it is, anything else
   * as JSON. What it throws is told to the model, by its message.
   */
  readonly run: (args: Arguments, call: ToolContext) => unknown;
}

/** The call that a tool is run for. */
export interface ToolContext {
  readonly id: string;
  readonly name: string;
  /** Aborted when nobody wants the result any more: unsubscribed, timed out, or the client closed. */
  readonly signal: AbortSignal;
}

/** By name: letters, digits, `_` and `-`, 64 at most. */
export type Tools<Arguments> = { readonly [Name in keyof Arguments]: Tool<Arguments[Name]> };

export interface RunToolsOptions {
  /** How often the model may be asked, the first time included. @default 10 */
  readonly maxRounds?: number;
  /** ms after which a tool is ended, and the model told so. @default 60000 */
  readonly toolTimeout?: number;
}

/** What happens while a request runs its tools. `round` counts from 1. */
export type ToolEvent =
  | { readonly type: 'chunk'; readonly round: number; readonly chunk: ChatChunk }
  /** A tool is run, with these arguments as its schema made them. */
  | ({ readonly type: 'call'; readonly arguments: unknown } & ToolCallName)
  | ({ readonly type: 'result'; readonly ok: true; readonly value: unknown } & ToolCallName)
  /** It did not come to a result; the model is told, and may try again. */
  | ({
      readonly type: 'result';
      readonly ok: false;
      readonly reason: 'unknown_tool' | 'arguments' | 'failed' | 'timeout';
      readonly error: unknown;
    } & ToolCallName)
  /** The server could not read what the model wrote as a call (Groq's `tool_use_failed`); the model is told, and may try again. */
  | { readonly type: 'rejected'; readonly round: number; readonly error: ApiError }
  /** The last one. */
  | {
      readonly type: 'done';
      /** `max_rounds`: the model still calls tools, but may not be asked again; those calls have not been run. */
      readonly outcome: 'answered' | 'max_rounds';
      readonly rounds: number;
      /** The last answer. */
      readonly completion: ChatCompletion;
      /** The whole conversation, the last answer included: the `messages` to go on with. */
      readonly messages: readonly ChatMessage[];
    };

interface ToolCallName {
  readonly round: number;
  /** Of the call, as the model gave it. */
  readonly id: string;
  readonly name: string;
}
