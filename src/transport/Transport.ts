import type { Observable } from 'rxjs';

/** One HTTP request, ready to send. */
export interface TransportRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** In its place, where it is no text. */
  readonly bytes?: Uint8Array;
  /** ms to establish a connection, name look-up and TLS included */
  readonly connectTimeout?: number | undefined;
}

/** The head of a response, final: no 1xx, and no redirection that was followed. */
export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; several values of one name joined by ', '. Of the body as it is handed on, which is not compressed any more. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The reader needs no more of the body (`[DONE]` came). A transport that has it may keep the connection for the next request
   * when the body ends in good order soon, instead of closing it at the unsubscription that follows.
   */
  readonly enough?: () => void;
  /** Stops reading, so that the server must wait, until `resume`. A transport that has one has both. */
  readonly pause?: () => void;
  readonly resume?: () => void;
}

/**
 * The one seam to the network: subscribing sends; emits the head, then the body's bytes as they come; completes at the end of the body.
 * Unsubscribing closes the socket, or frees it, in the same turn. Fails with `ConnectionError`, or with `StreamTimeoutError` for
 * `connectTimeout`. A response of any status is a response, not an error; our own follow redirections within the same server, and fail for others.
 */
export type Transport = (request: TransportRequest) => Observable<ResponseHead | Uint8Array>;

/**
 * Wraps the network: sees each request on its way out, after its wait in line, and each response on its way back. An answer that streams is
 * left (unsubscribed) as soon as `[DONE]` has come, so what is to happen at its end belongs into `finalize`.
 */
export type Interceptor = (next: Transport) => Transport;

/** By what it has: bytes may be those of another realm (under jsdom all are). */
export function isHead(event: ResponseHead | Uint8Array): event is ResponseHead {
  return 'status' in event;
}
