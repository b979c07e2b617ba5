import { concatMap, map, type Observable, type OperatorFunction, of, throwError } from 'rxjs';
import { RequestTooLargeError } from '../errors/index.js';
import type { TokenCounter } from '../estimate/index.js';
import type { ChatMessage, ChatRequest } from '../request/index.js';
import { type Count, checkTokens, counting } from './counting.js';
import { graphemes } from './graphemes.js';

export interface FitMessagesOptions {
  /** Of the whole prompt: messages, tools, the chat template's own tokens. */
  readonly maxTokens: number;
  /** So many last messages stay as they are. @default 1 */
  readonly keep?: number;
  /** @default js-tiktoken in a worker thread; in a browser without one */
  readonly tokenCounter?: TokenCounter;
}

export interface FittedRequest {
  /** The request with fewer messages; the same object where all of them fit. */
  readonly request: ChatRequest;
  /** Of its prompt. */
  readonly tokens: number;
  /** What is gone, in its order: the oldest. */
  readonly dropped: readonly ChatMessage[];
  /** The message of which only the end is left, as it was. */
  readonly truncated: ChatMessage | undefined;
}

/**
 * Makes a conversation fit into a token budget: what is oldest goes first.
 *
 * ```
 * system  user  assistant  user  call  result  assistant  user          maxTokens: 400, keep: 1
 * system        …ssistant  user  call  result  assistant  user          dropped: [user], truncated: assistant
 * ```
 * - System and developer messages stay, and the last `keep` messages. A tool call and its results stay or go together.
 * - Of the newest message that does not fit whole, the end stays behind a `…`, if it is a text: cut between graphemes, so neither a surrogate
 *   pair nor an emoji is torn.
 * - The prompt that is emitted has been counted: it is never over `maxTokens`. As many messages as fit are there.
 * - Where even what must stay does not fit: `RequestTooLargeError`. Requests are emitted in their order.
 *
 * ```ts
 * requests$.pipe(fitMessages({ maxTokens: 6000 }), client.completeMap(fitted => fitted.request))
 *   .subscribe(({ value }) => console.log(`${value.dropped.length} messages were left out`));
 * ```
 * **Gotcha**: without a client, the tokenizer is loaded for each subscription (some 0.3 s).
 * @see splitText
 */
export function fitMessages(options: FitMessagesOptions): OperatorFunction<ChatRequest, FittedRequest> {
  const { keep = 1, tokenCounter } = options;
  const maxTokens = checkTokens('maxTokens', options.maxTokens, 1);
  if (!(Number.isSafeInteger(keep) && keep >= 0)) {
    throw new TypeError(`keep: expected a number of messages, got ${String(keep)}`);
  }
  return source =>
    counting(tokenCounter, count => source.pipe(concatMap(request => fitted(request, maxTokens, keep, count))));
}

function fitted(request: ChatRequest, maxTokens: number, keep: number, count: Count): Observable<FittedRequest> {
  const { kept, middle } = partsOf(request.messages, keep);
  /** Without the first `gone` of the middle, and with `instead` of the last of them. */
  const without = (gone: number, instead?: ChatMessage): ChatRequest => {
    const left = new Set([...kept, ...middle.slice(gone).flat()]);
    const replaced = instead && middle[gone - 1]![0];
    const messages = request.messages.flatMap(message =>
      message === replaced ? [instead!] : left.has(message) ? [message] : [],
    );
    return { ...request, messages };
  };
  const tokensOf = (candidate: ChatRequest): Observable<number> => count(candidate, maxTokens);

  const shortened = (gone: number, tokens: number): Observable<FittedRequest> => {
    const dropped = middle.slice(0, gone).flat();
    const whole = { request: without(gone), tokens, dropped, truncated: undefined };
    const [last, ...others] = middle[gone - 1]!;
    if (!isPlain(last!) || others.length > 0) return of(whole);
    const ending = endings(last.content);
    const { length } = last.content;
    const cutAt = (at: number) => without(gone, { ...last, content: `…${ending(at)}` });
    return least(1, { at: length, tokens }, maxTokens, at => tokensOf(cutAt(at))).pipe(
      map(found =>
        ending(found.at) === ''
          ? whole
          : { request: cutAt(found.at), tokens: found.tokens, dropped: dropped.slice(0, -1), truncated: last },
      ),
    );
  };

  return tokensOf(request).pipe(
    concatMap(tokens => {
      if (tokens <= maxTokens) return of({ request, tokens, dropped: [], truncated: undefined });
      return tokensOf(without(middle.length)).pipe(
        concatMap(rest => {
          if (rest > maxTokens) return throwError(() => tooLarge(request, rest, maxTokens));
          const all = { at: middle.length, tokens: rest };
          return least(1, all, maxTokens, gone => tokensOf(without(gone)));
        }),
        concatMap(found => shortened(found.at, found.tokens)),
      );
    }),
  );
}

interface Found {
  readonly at: number;
  readonly tokens: number;
}

/** The first from `low` on that is within the budget, by bisection; `high` is known to be. Whatever is answered has been counted. */
function least(
  low: number,
  high: Found,
  maxTokens: number,
  tokensAt: (at: number) => Observable<number>,
): Observable<Found> {
  if (low >= high.at) return of(high);
  const at = Math.floor((low + high.at) / 2);
  return tokensAt(at).pipe(
    concatMap(tokens =>
      tokens <= maxTokens ? least(low, { at, tokens }, maxTokens, tokensAt) : least(at + 1, high, maxTokens, tokensAt),
    ),
  );
}

/** What stays in any case, and what is between: in groups that stay or go together. */
function partsOf(messages: readonly ChatMessage[], keep: number) {
  const groups: ChatMessage[][] = [];
  let last: ChatMessage[] | undefined;
  for (const message of messages) {
    if (isInstruction(message)) groups.push([message]);
    else if (last && isResult(message)) last.push(message);
    else {
      last = [message];
      groups.push(last);
    }
  }
  const newest = new Set(messages.slice(messages.length - Math.min(keep, messages.length)));
  const kept = groups.filter(group => group.some(message => isInstruction(message) || newest.has(message)));
  return { kept: kept.flat(), middle: groups.filter(group => !kept.includes(group)) };
}

const isInstruction = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';
const isResult = ({ role }: ChatMessage): boolean => role === 'tool' || role === 'function';

/** Nothing but a text, so that a part of it is a message too. */
function isPlain(message: ChatMessage): message is ChatMessage & { content: string } {
  const { content, role, tool_calls: calls, function_call: call } = message;
  return typeof content === 'string' && (role === 'user' || role === 'assistant') && !calls?.length && !call;
}

/** The end of a text from the first grapheme at or after a place. */
function endings(text: string): (at: number) => string {
  const { endAt } = graphemes(text);
  return at => text.slice(endAt(at));
}

function tooLarge({ model }: ChatRequest, requested: number, limit: number): RequestTooLargeError {
  return new RequestTooLargeError(
    `System and last messages alone have at least ${requested} tokens, but maxTokens is ${limit}. Raise it, or keep fewer messages.`,
    { requested, limit, window: 'maxTokens', model },
  );
}
