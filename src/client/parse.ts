import { catchError, defer, type Observable } from 'rxjs';
import { annotate } from '../errors/ChatError.js';
import { AnswerInvalidError, isChatError } from '../errors/index.js';
import { jsonFormat } from '../operators/jsonFormat.js';
import { parseJson } from '../operators/parseJson.js';
import type { StandardSchema } from '../operators/standardSchema.js';
import type { ChatCompletion, ChatMessage, ChatRequest } from '../request/index.js';

export interface ParseOptions {
  /** What the API is told as the schema's name: letters, digits, `_` and `-`. @default 'answer' */
  readonly name?: string;
  /** How often an answer that does not fit is sent back to the model, with what is wrong. Each is a request of its own. @default 0 */
  readonly reask?: number;
}

export type Parse = <T>(
  request: ChatRequest,
  schema: StandardSchema<unknown, T>,
  options?: ParseOptions,
) => Observable<T>;

/** `ChatClient.complete`, which tells the id of each request. */
export type Complete = (request: ChatRequest, begun?: (id: string) => void) => Observable<ChatCompletion>;

/** `ChatClient.parse`, made of its `complete`. Remembers which models do not know `json_schema`. */
export function parser(complete: Complete): Parse {
  const withoutSchema = new Set<string>();

  return (request, schema, { name, reask = 0 } = {}) => {
    if (!Number.isInteger(reask) || reask < 0) {
      throw new TypeError(`reask: expected an integer of at least 0, got ${String(reask)}`);
    }
    const read = parseJson(schema);
    // A request with a format of its own keeps it.
    const format = !request || request.response_format ? undefined : jsonFormat(schema, name);

    const formatted = (messages: readonly ChatMessage[]): ChatRequest => {
      if (!format) return request && { ...request, messages };
      if (!withoutSchema.has(request.model)) return { ...request, messages, response_format: format };
      const told = { role: 'system', content: schemaPrompt(format.json_schema.schema) };
      return { ...request, messages: [told, ...messages], response_format: { type: 'json_object' } };
    };
    const ask = (messages: readonly ChatMessage[], asked: number): ReturnType<typeof read> => {
      const sent = formatted(messages);
      let requestId: string | undefined;
      const begun = (id: string): void => {
        requestId = id;
      };
      return complete(sent, begun).pipe(
        read,
        catchError(error => {
          if (format && sent.response_format === format && lacksSchema(error)) {
            withoutSchema.add(request.model);
            return ask(messages, asked);
          }
          const mistake = mistakeOf(error);
          if (!mistake) throw error;
          annotate(mistake, { model: request.model, requestId, attempts: asked + 1 });
          if (asked >= reask || mistake.reason === 'refused') throw mistake;
          return ask([...messages, ...correction(mistake)], asked + 1);
        }),
      );
    };
    return defer(() => ask(request?.messages, 0));
  };
}

function schemaPrompt(schema: object): string {
  return `Answer with JSON alone: one object that fits this JSON Schema.\n${JSON.stringify(schema)}`;
}

/** Groq: "This model does not support response format `json_schema`"; others name the field. Not: a schema that is wrong. */
function lacksSchema(error: unknown): boolean {
  return (
    isChatError(error) &&
    error.kind === 'api' &&
    (error.status === 400 || error.status === 422) &&
    error.code !== rejectedByServer &&
    /response.?format|json.?schema|structured.?output/i.test(error.message) &&
    !/invalid (json )?schema/i.test(error.message)
  );
}

const rejectedByServer = 'json_validate_failed';

/** The error as a mistake of the model's, if it is one; Groq checks by itself, and refuses with what the model wrote. */
function mistakeOf(error: unknown): AnswerInvalidError | undefined {
  if (!isChatError(error)) return undefined;
  if (error.kind === 'answer_invalid') return error;
  if (error.kind !== 'api' || error.code !== rejectedByServer) return undefined;
  const { failed_generation: text } = (error.body ?? {}) as { failed_generation?: unknown };
  return new AnswerInvalidError(error.message, {
    reason: isJson(text) ? 'schema' : 'not_json',
    text: typeof text === 'string' ? text : '',
    requestId: error.requestId,
    cause: error,
  });
}

function isJson(text: unknown): boolean {
  try {
    JSON.parse(String(text));
    return true;
  } catch {
    return false;
  }
}

/** The answer and what is wrong with it, as the conversation goes on. */
function correction(mistake: AnswerInvalidError): ChatMessage[] {
  const { text } = mistake;
  const answer: ChatMessage[] = text === '' ? [] : [{ role: 'assistant', content: text }];
  const content = `${wrongWith(mistake)} Answer again with the whole JSON, and with nothing before or after it.`;
  return [...answer, { role: 'user', content }];
}

/** What the model is told of its mistake. */
export function wrongWith({ reason, issues, message }: AnswerInvalidError): string {
  return {
    cut: 'Your answer was cut off before its end. Be briefer.',
    empty: 'Your answer was empty.',
    not_json: 'That is not valid JSON.',
    schema: `That JSON does not fit: ${issues.length === 0 ? message : issues.map(toLine).join('; ')}.`,
  }[reason as 'cut' | 'empty' | 'not_json' | 'schema'];
}

function toLine({ path, message }: AnswerInvalidError['issues'][number]): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}
