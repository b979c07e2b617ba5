import type { Transport } from './Transport.js';

/** A transport that holds connections, and how to let them all go. */
export interface ClosableTransport {
  readonly send: Transport;
  /** Closes every socket, also those in use. */
  close(): void;
}

/** ms for a body to end after `[DONE]`, so that its connection can serve again; undici's may take twice that. */
export const drainLimit = 1000;
