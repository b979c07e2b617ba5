import { Observable, type Subscriber } from 'rxjs';
import type { ChatClient } from '../client/index.js';
import { passThrough } from '../client/passage.js';
import { type ChatFailure, isChatError } from '../errors/index.js';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { ChatRequest } from '../request/index.js';
import {
  isHead,
  type QueuePlace,
  type ResponseHead,
  type Transport,
  type TransportRequest,
} from '../transport/index.js';
import { type Censor, secretsIn, withoutSecrets } from './withoutSecrets.js';
import { withoutUsage } from './withoutUsage.js';

/** The life of a relayed request, in order; it may be `queued` and `sent` again and again, until there is a `head`. */
export type Relayed =
  /** `place`: undefined when it is not in line any more, or the configuration is not there yet. */
  | { readonly type: 'queued'; place(): QueuePlace | undefined }
  | { readonly type: 'sent' }
  /** Of a successful answer. */
  | { readonly type: 'head'; readonly head: ResponseHead }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** There will be no answer but this one. The error that it means follows. */
  | { readonly type: 'rejected'; readonly head: ResponseHead; readonly body: readonly Uint8Array[] };

export interface RelayOptions {
  /** Where and with which headers it goes, in place of what the client's configuration says. */
  readonly address?: (wire: TransportRequest) => TransportRequest;
  /** `address` brings a key, where the configuration has none. @default false */
  readonly keyed?: boolean;
  /** Send it again after a fault of the moment. @default true */
  readonly retries?: boolean;
}

/** Bytes of an error's body that are kept. */
const longestErrorBody = 65_536;

/**
 * One chat request through the client, its answer as the server's own bytes (but for secrets that it repeats). Paced, settled by the usage in those bytes, and sent again
 * after a 429 as all requests are. Errors with a `ChatFailure`; an answer that breaks off is one, unless its bytes say so themselves.
 * Unsubscribing cancels.
 */
export function relay(client: ChatClient, request: ChatRequest, options: RelayOptions = {}): Observable<Relayed> {
  const { address = wire => wire, keyed = false, retries = true } = options;
  return new Observable(subscriber => {
    let begun = false;
    let rejected: (Relayed & { type: 'rejected' }) | undefined;
    let censor: Censor | undefined;

    const transport =
      (send: Transport): Transport =>
      wire =>
        new Observable(inner => {
          rejected = undefined;
          subscriber.next({ type: 'sent' });
          if (inner.closed) return;
          const sent = address(wire);
          const bytes = bytesOf(subscriber, asksForUsageUnasked(wire, request));
          censor = withoutSecrets(secretsIn(sent.headers), bytes);
          const kept: Uint8Array[] = [];
          let size = 0;
          const receive = (event: ResponseHead | Uint8Array): void => {
            if (isHead(event)) {
              begun = event.status >= 200 && event.status < 204; // with a body
              if (!begun) rejected = { type: 'rejected', head: event, body: kept };
              inner.next(event); // the books first
              if (begun) subscriber.next({ type: 'head', head: event });
              return;
            }
            if (begun) censor?.feed(event);
            else if (size < longestErrorBody) kept.push(event);
            size += event.length;
            inner.next(event); // last: the client leaves with the last of them
          };
          send(sent).subscribe(operatorSubscriber(inner, receive));
        });

    const fail = (error: unknown): void => {
      if (rejected) subscriber.next(rejected);
      censor?.end();
      if (begun && isServersWord(error)) subscriber.complete();
      else subscriber.error(error);
    };
    const complete = (): void => {
      censor?.end();
      subscriber.complete();
    };
    const answer = operatorSubscriber<unknown>(subscriber, () => {}, complete, fail);
    passThrough(client, request, {
      transport,
      keyed,
      retries,
      get begun() {
        return begun;
      },
      standing: place => subscriber.next({ type: 'queued', place }),
    }).subscribe(answer);
  });
}

function bytesOf(subscriber: Subscriber<Relayed>, filtered: boolean): (bytes: Uint8Array) => void {
  const emit = (bytes: Uint8Array): void => subscriber.next({ type: 'bytes', bytes });
  return filtered ? withoutUsage(emit) : emit;
}

/** The client asks for the usage of a stream that whoever sends the request did not ask for, and may not expect. */
function asksForUsageUnasked({ body = '' }: TransportRequest, { stream_options }: ChatRequest): boolean {
  return !stream_options?.include_usage && body.includes('"include_usage":true');
}

/** An error that the server has put into the answer: whoever reads its bytes knows of it. */
function isServersWord(error: unknown): error is ChatFailure {
  return isChatError(error) && ['api', 'rate_limit', 'authentication', 'request_too_large'].includes(error.kind);
}
