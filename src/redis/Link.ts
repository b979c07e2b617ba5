/** A connection to Redis, whichever package it comes from. */
export interface Link {
  /** Runs the step on this key. Rejects where the connection is lost, and with whatever Redis answers. */
  run(key: string, message: string): Promise<string>;
  /** Follows a channel on a connection of its own, from now on and also after that was lost. Again does nothing. */
  listen(channel: string, heard: (message: string) => void): Promise<void>;
  /** The server's version, if it says. */
  version(): Promise<string | undefined>;
  /** Lets go of what was opened here. */
  close(): void;
}

/** What a link tells of itself. */
export interface LinkEvents {
  /** It has (again) a connection that takes commands. */
  ready(): void;
  failed(error: unknown): void;
}

/** A client of ioredis (also a `Cluster`), as far as it is needed. */
export interface IoredisClient {
  evalsha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
  readonly status: string;
}

/** A client of node-redis (also a cluster), as far as it is needed. */
export interface NodeRedisClient {
  evalSha(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** Why a connection is at an end before it has begun. */
export class LinkClosed extends Error {
  /** @param connected the network had given it; so it was the other side that hung up */
  constructor(readonly connected: boolean) {
    super(connected ? 'The server closed the connection at once.' : 'No connection.');
  }
}
