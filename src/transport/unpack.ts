import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { type ChatError, ConnectionError } from '../errors/index.js';

/** Takes a compressed body piece by piece. What has come in comes out, without waiting for more. */
export interface Unpacking {
  write(bytes: Uint8Array): void;
  /** Nothing more comes: in good order or, if there is an error, not. */
  end(error?: ChatError): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Who gets it. */
export interface Unpacked {
  next(bytes: Uint8Array): void;
  error(error: ChatError): void;
  complete(): void;
}

/**
 * What unpacks the body of a response, if it came compressed in a way that is known; every other stays as it is. Takes the headers out that
 * are of what came over the wire, not of what is handed on.
 * @param socket held while more has come than is unpacked
 * @throws ConnectionError for a way that this Node does not have
 */
export function unpack(
  headers: Record<string, string>,
  url: string,
  socket: { pause(): void; resume(): void },
  to: Unpacked,
): Unpacking | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (encoding === undefined || !(encoding in kinds)) return undefined;
  const failure = (what: string, cause?: Error & { code?: string }): ConnectionError => {
    const message = `The answer of ${new URL(url).origin} ${what}. Ask for another encoding (accept-encoding in headers).`;
    return new ConnectionError(message, { code: cause?.code, cause, retryable: cause !== undefined });
  };
  const make = kinds[encoding];
  if (!make) throw failure(`came as ${encoding}, which Node ${process.version} can't unpack`);
  delete headers['content-encoding'];
  delete headers['content-length'];
  let stream: Transform | undefined;
  let paused = false;
  let finished = false;
  let over = false;
  let broken: ChatError | undefined;
  const tell = (): void => (broken ? to.error(broken) : to.complete());
  const open = (first: number): Transform => {
    const opened = make(first);
    opened.on('data', (bytes: Uint8Array) => to.next(bytes));
    opened.on('drain', () => socket.resume());
    opened.on('error', error => to.error(broken ?? failure(`is no whole ${encoding}`, error)));
    opened.on('end', () => {
      finished = true;
      if (over) tell();
    });
    if (paused) opened.pause();
    return opened;
  };
  return {
    write(bytes) {
      if (finished) return; // what follows the end of what is packed means nothing
      stream ??= open(bytes[0]!);
      stream.write(bytes);
      if (stream.writableLength > most) socket.pause();
    },
    end(error) {
      over = true;
      broken = error;
      if (stream && !finished) stream.end();
      else tell();
    },
    // What it has to unpack piles up, and then it is `write` that holds the socket.
    pause() {
      paused = true;
      stream?.pause();
    },
    resume() {
      paused = false;
      stream?.resume();
    },
    destroy() {
      stream?.removeAllListeners('data').destroy();
    },
  };
}

/** Bytes that may wait to be unpacked. To hold the socket for each that comes makes TCP wait for its timers. */
const most = 2 ** 19;

/** By the body's first byte, as some servers mean the bare format by `deflate` (RFC 9110, section 8.4.1.2). */
type Make = (first: number) => Transform;

const gzip: Make = () => zlib.createGunzip();

/** Undefined: known, but not to this Node. */
const kinds: Readonly<Record<string, Make | undefined>> = {
  __proto__: null as never,
  gzip,
  'x-gzip': gzip,
  deflate: first => ((first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
  br: () => zlib.createBrotliDecompress(),
  // Not before Node 22.15.
  zstd: (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress,
};
