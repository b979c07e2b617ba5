import { Subscription, timer } from 'rxjs';
import { type ChatFailure, ConnectionError, isChatError } from '../errors/index.js';
import { chatRequestOf, type Relayed, relay, replyOf } from '../relay/index.js';
import type { ChatRequest } from '../request/index.js';
import { placeComment, placeHeaders, type QueuePlace, type ResponseHead, sentComment } from '../transport/index.js';
import { beginEvents, bodyOf, type Exchange, finish, refuse, sendError, write } from './exchange.js';
import type { House } from './house.js';
import type { GatewayContext } from './tenant.js';

/** `POST /v1/chat/completions`. @param key the name of the key that let it in */
export async function chatCompletion(house: House, exchange: Exchange, key: string | undefined): Promise<void> {
  const { headers } = exchange.request;
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) {
    exchange.request.resume();
    return refuse(exchange, 415, 'content-type: expected application/json', { param: 'content-type' });
  }
  const text = await bodyOf(exchange);
  if (text === undefined) {
    const { maxBody } = exchange.settings;
    const code = 'request_too_large';
    return refuse(exchange, 413, `The body is larger than ${maxBody} bytes.`, {
      code,
      headers: { connection: 'close' },
    });
  }
  try {
    const priority = { header: 'x-priority', value: oneOf(headers['x-priority']) };
    const context: GatewayContext = { tenant: oneOf(headers['x-tenant']) || key };
    const request = { ...chatRequestOf(text, priority), context };
    house.client.limits(request.model); // an unknown name gets into no book
    answer(house, exchange, request);
  } catch (error) {
    if (!isChatError(error)) throw error;
    sendError(exchange, replyOf(error));
  }
}

/** Relays it. Who waits long for a stream gets its head before the line lets him go, and a comment now and then. */
function answer(house: House, exchange: Exchange, request: ChatRequest): void {
  const { response, settings } = exchange;
  const streamed = request.stream === true;
  const life = new Subscription();
  response.once('close', () => life.unsubscribe());
  /** How to ask for its place, while it is in line. */
  let placeInLine: (() => QueuePlace | undefined) | undefined;
  let flowing = false;

  const begin = ({ status, headers }: ResponseHead): void => {
    flowing = true;
    if (response.headersSent) return;
    const own = passed(headers);
    if (streamed) beginEvents(exchange, own);
    else response.writeHead(status, own);
  };
  const fail = (failure: ChatFailure): void => {
    life.unsubscribe();
    if (!response.headersSent) sendError(exchange, replyOf(failure));
    else if (!streamed)
      response.destroy(); // half an answer is none
    else {
      // After a blank line, as it may be in the middle of an event.
      write(exchange, `\n\nevent: error\ndata: ${JSON.stringify(replyOf(failure).body)}\n\n`);
      finish(exchange);
    }
  };
  const keepQuiet = (): void => {
    if (flowing || !(response.headersSent || placeInLine)) return;
    const place = placeInLine?.();
    if (!response.headersSent) beginEvents(exchange, place && placeHeaders(place));
    write(exchange, `: ${place ? placeComment(place) : sentComment}\n\n`);
  };
  const receive = (event: Relayed): void => {
    if (event.type === 'queued') placeInLine = event.place;
    else if (event.type === 'sent') placeInLine = undefined;
    else if (event.type === 'head') begin(event.head);
    else if (event.type === 'bytes') write(exchange, event.bytes);
  };

  if (streamed) life.add(timer(settings.statusWithin, settings.commentEvery).subscribe(keepQuiet));
  life.add(house.cut$.subscribe(fail));
  life.add(
    relay(house.client, request).subscribe({
      next: receive,
      error: error => fail(isChatError(error) ? error : new ConnectionError('', { cause: error })),
      complete: () => {
        life.unsubscribe();
        finish(exchange);
      },
    }),
  );
}

/** What of the server's headers is for the client: those of quotas tell what others use. */
function passed(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['content-type', 'x-request-id'];
  return Object.fromEntries(names.flatMap(name => (headers[name] ? [[name, headers[name]]] : [])));
}

function oneOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header.join() : header;
}
