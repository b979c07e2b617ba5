import { concatMap, defer, from, isObservable, map, Observable } from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { RequestInvalidError } from '../errors/index.js';
import { actualCost, byteBound, toCost } from '../estimate/index.js';
import type { Cost } from '../limits/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { ChatRequest, Usage } from '../request/index.js';
import { isHead, type ResponseHead, type Transport, type TransportRequest } from '../transport/index.js';
import type { Binary } from './bytesOf.js';
import { Call } from './call.js';
import type { Answer } from './conversation.js';
import type { Core } from './core.js';
import type { Estimate, Estimator } from './estimator.js';

/** Any other call of the API: embeddings, responses, transcriptions, the list of models. */
export interface ApiRequest
  extends Pick<ChatRequest, 'model' | 'priority' | 'context' | 'queueTimeout' | 'fallbacks' | 'signal'> {
  /** After the model's `base_url`: '/embeddings'. */
  readonly path: string;
  /**
   * An object is sent as JSON, `FormData` as multipart, both with the model's name in them; a `Blob` with its type, and bytes, as they are.
   * Left out, it is a GET.
   */
  readonly body?: Readonly<Record<string, unknown>> | Binary;
  /** What it takes of the model's windows. @default one request, and the tokens of the body's text and of its cap, if it has one */
  readonly cost?: Cost;
}

/** See `ChatClient.request`. The engine sees a chat request, whose answer is whole; only what goes over the wire is another. */
export function request<T>(
  core: Core,
  { path, body, cost, ...own }: ApiRequest,
  ask: (core: Core, call: Call) => Observable<Answer>,
): Observable<T> {
  return defer(() => {
    if (typeof path !== 'string' || !/^\/[^\s#]*$/.test(path)) {
      throw new RequestInvalidError(`path: expected one such as "/embeddings", got ${JSON.stringify(path)}`, {
        field: 'path',
        model: own.model,
      });
    }
    const text = textIn(body, own.model);
    const cap = capIn(body);
    const estimator = estimatorOf(core.estimator, cost, cap);
    // A client with another estimator; all else of it is the same, also what changes later.
    const like: Core = Object.create(core, { estimator: { value: estimator } });
    const call = new Call(like, { ...own, messages: [{ role: 'user', content: text }], stream: false }, true);
    let answer: unknown;
    call.passage = {
      transport: send => wire => {
        const { model } = JSON.parse(wire.body!);
        const sent: TransportRequest = { ...wire, url: wire.url.replace(/\/chat\/completions$/, path) };
        return reading(sending(send, sent, body, model), value => {
          answer = value;
        });
      },
      begun: false,
      keyed: false,
      retries: true,
      standing() {},
    };
    return ask(like, call).pipe(map(() => answer as T));
  });
}

function sending(
  send: Transport,
  wire: TransportRequest,
  body: ApiRequest['body'],
  model: string,
): ReturnType<Transport> {
  if (!body) return send(asGet(wire));
  if (!isBinary(body)) return send({ ...wire, body: toJson({ ...body, model }, model) });
  // Few send files: what that takes is loaded when it is needed.
  return from(import('./bytesOf.js')).pipe(
    concatMap(({ bytesOf }) => bytesOf(body, model)),
    concatMap(({ type, bytes }) => {
      const { body: _, ...rest } = wire;
      return send({ ...rest, headers: { ...wire.headers, 'content-type': type }, bytes });
    }),
  );
}

function isBinary(body: NonNullable<ApiRequest['body']>): body is Binary {
  return body instanceof FormData || body instanceof Blob || body instanceof Uint8Array;
}

/** The text of it whose tokens count. @throws RequestInvalidError for what can't be sent */
function textIn(body: ApiRequest['body'], model: string): string {
  if (!body) return '{}';
  if (body instanceof FormData) return [...body.values()].filter(value => typeof value === 'string').join('\n');
  if (isBinary(body)) return '';
  if (Object.prototype.toString.call(body) !== '[object Object]') {
    throw new RequestInvalidError('body: expected an object, FormData, Blob or Uint8Array', { field: 'body', model });
  }
  return toJson(body, model);
}

function toJson(body: object, model: string): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new RequestInvalidError('body: JSON can not carry it; see the cause', { field: 'body', model, cause });
  }
}

function asGet({
  url,
  headers: { 'content-type': _, ...headers },
  connectTimeout,
}: TransportRequest): TransportRequest {
  return { url, method: 'GET', headers, connectTimeout };
}

/** Under the names that the endpoints have for it. */
function capIn(body: ApiRequest['body'] = {}): number {
  const { max_output_tokens, max_completion_tokens, max_tokens } = body as Readonly<Record<string, unknown>>;
  const cap = max_output_tokens ?? max_completion_tokens ?? max_tokens;
  return typeof cap === 'number' ? cap : 0;
}

function estimatorOf(own: Estimator, cost: Cost | undefined, cap: number): Estimator {
  return {
    ...own,
    begin(entry: ModelEntry, request: ChatRequest, lane): Estimate {
      const counted = (tokens: number): Cost => toCost(tokens, cap);
      return {
        cost() {
          if (cost) return cost;
          if (!lane.countsTokens) return counted(byteBound(request));
          const tokens = own.count(entry, request);
          return isObservable(tokens) ? tokens.pipe(map(counted)) : counted(tokens);
        },
        atMost: cost,
        fitted: undefined,
        enough: Number.POSITIVE_INFINITY,
        grow: () => ({}),
        settled: usage =>
          actualCost(usage, { cap: cost ? undefined : cap, refund: entry.refund, learnedRefund: false }),
        heard() {},
        renewed: () => undefined,
        abandoned: () => undefined,
      };
    },
  };
}

/** Keeps a successful answer aside, and says in its place what a whole chat completion would have said of its usage. */
function reading(
  response$: Observable<ResponseHead | Uint8Array>,
  keep: (answer: unknown) => void,
): Observable<ResponseHead | Uint8Array> {
  return new Observable(subscriber => {
    const decoder = new TextDecoder();
    let failed = false;
    let text = '';
    let type = '';
    let file = false;
    const parts: BlobPart[] = [];
    const receive = (event: ResponseHead | Uint8Array): void => {
      if (isHead(event)) {
        failed = event.status >= 400;
        type = event.headers['content-type'] ?? '';
        file = isFile(type);
        if (event.status === 204) text = 'null'; // there is nothing more to say
      }
      const passes = isHead(event) || failed;
      subscriber.next(passes ? event : nothing);
      if (passes) return;
      if (file) parts.push(event as Uint8Array<ArrayBuffer>);
      else text += decoder.decode(event as Uint8Array, { stream: true });
    };
    const give = (said: string): void => subscriber.next(new TextEncoder().encode(said));
    const complete = (): void => {
      if (file) keep(new Blob(parts, { type }));
      if (!failed) give(file ? whole() : standIn(text, type, keep));
      subscriber.complete();
    };
    const fail = (error: unknown): void => {
      give(text); // for the error that it means
      subscriber.error(error);
    };
    response$.subscribe(operatorSubscriber(subscriber, receive, complete, fail));
  });
}

/** In place of bytes that are held back: there is no silence. */
const nothing = new Uint8Array();

/** Speech, pictures, files. */
function isFile(type: string): boolean {
  return /^(audio|image|video)\/|^application\/(octet-stream|pdf|zip|jsonl|x-subrip)/i.test(type);
}

/** Text that is no answer stays as it is, for the error that it means. */
function standIn(text: string, type: string, keep: (answer: unknown) => void): string {
  const plain = /^text\/(?!html)/i.test(type); // a transcription, say
  let answer: { readonly error?: unknown; readonly usage?: Record<string, number> } | null | undefined;
  try {
    answer = JSON.parse(text);
  } catch {
    if (!plain) return text;
  }
  if (answer?.error) return text;
  keep(plain && (typeof answer !== 'object' || !answer) ? text : answer);
  return whole(answer?.usage);
}

function whole(usage?: Record<string, number>): string {
  return JSON.stringify({ object: 'chat.completion', choices: [{ message: {} }], usage: usageIn(usage) });
}

function usageIn(said: Record<string, number> | null | undefined): Usage | undefined {
  if (!said) return undefined;
  const { prompt_tokens, input_tokens, completion_tokens, output_tokens, total_tokens } = said;
  const completion = completion_tokens ?? output_tokens ?? 0;
  const prompt = prompt_tokens ?? input_tokens ?? (total_tokens ?? 0) - completion;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
