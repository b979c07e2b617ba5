/** How the client reaches its servers. In Node alone: elsewhere that is the platform's business, and giving these is a TypeError. */
export interface ConnectionOptions {
  /**
   * A proxy's address, or `'env'`: the one in `HTTPS_PROXY` (for `http`, `HTTP_PROXY`), but for hosts in `NO_PROXY`. It gets a tunnel, so of
   * what goes to an `https` server it sees no more than its name. @default none, as Node's own `fetch`; with `NODE_USE_ENV_PROXY=1` `'env'`
   */
  readonly proxy?: 'env' | (string & {}) | undefined;
  /**
   * Offer HTTP/2 to `https` servers: cancelling an answer then costs no connection. One request at a time has a connection, as with HTTP/1.1:
   * where several share one, undici sends them again when it ends, unpaced. @default false
   */
  readonly http2?: boolean | undefined;
  /**
   * An undici `Dispatcher` (7 or newer) of yours in the place of ours: for certificates, a pool of its own, `MockAgent`. It is not closed with
   * the client, `timeouts.connect` is its business, and so are `proxy` and `http2`. @default ours, closed with the client
   */
  readonly dispatcher?: UndiciDispatcher | undefined;
}

/** What the client asks of an undici `Dispatcher`. */
export interface UndiciDispatcher {
  dispatch(options: object, handler: object): boolean;
}
