import { redact, type TransportRequest } from '../transport/index.js';

/** One HTTP exchange as it is kept: a line of JSON in a recording. All times are ms. */
export interface RecordedExchange {
  /** Its place among all that were sent. They are written as they end. */
  readonly number: number;
  /** When it was sent, since the recording began. */
  readonly sentAt: number;
  readonly request: RecordedRequest;
  /** Since it was sent; left out where it broke off before. */
  readonly head?: { readonly at: number; readonly status: number; readonly headers: Readonly<Record<string, string>> };
  /** The body as its bytes came: text, or base64 where a piece alone is none (a character cut in two). */
  readonly pieces: readonly RecordedPiece[];
  /** How it ended. Where nobody waited for its end, it is `left`: played back, it stays open after its last piece. */
  readonly end: { readonly at: number; readonly how: 'completed' | 'left' | 'failed'; readonly message?: string };
}

export interface RecordedRequest {
  readonly method: string;
  /** Without query and user, which may hold a key. */
  readonly url: string;
  readonly body: unknown;
}

export type RecordedPiece =
  | { readonly at: number; readonly text: string }
  | { readonly at: number; readonly base64: string };

/** What tells requests apart; the server may be another one when it is played back. */
export function requestKey({ method, body }: RecordedRequest): string {
  return JSON.stringify([method, sorted(body)]);
}

export function recordedRequest(wire: TransportRequest, hide: Hide = hiding(wire)): RecordedRequest {
  const { origin, pathname } = new URL(wire.url);
  return { method: wire.method, url: origin + pathname, body: JSON.parse(hide(wire.body ?? 'null')) };
}

/** Headers of a response that may be kept. */
export function keptHeaders(headers: Readonly<Record<string, string>>, hide: Hide): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !/cookie|authorization|api-?key|secret/i.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, hide(value)]));
}

/** Takes secrets out of a text. */
export type Hide = (text: string) => string;

/** Takes out what this request authenticates itself with, whatever it looks like, and everything that looks like a key. */
export function hiding({ headers }: TransportRequest): Hide {
  const secrets = Object.entries(headers)
    .filter(([name]) => /authorization|key|token|secret/i.test(name))
    .map(([, value]) => value.replace(/^\w+ /, ''))
    .filter(value => value.length > 0);
  return text => redact(secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text));
}

/** The body without secrets. A secret that came in two pieces makes one piece of all, as of the last. */
export function keptPieces(pieces: readonly { at: number; bytes: Uint8Array }[], hide: Hide): RecordedPiece[] {
  const decoder = new TextDecoder();
  const whole = pieces.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join('') + decoder.decode();
  const clean = hide(whole);
  if (clean === whole) return pieces.map(({ at, bytes }) => keptPiece(at, bytes));
  const hidden = pieces.map(({ at, bytes }) => ({ at, text: hide(new TextDecoder().decode(bytes)) }));
  const apart = hidden.map(({ text }) => text).join('');
  return apart === clean ? hidden : [{ at: pieces.at(-1)!.at, text: clean }];
}

function keptPiece(at: number, bytes: Uint8Array): RecordedPiece {
  try {
    return { at, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { at, base64: btoa(String.fromCharCode(...bytes)) };
  }
}

export function bytesOf(piece: RecordedPiece): Uint8Array {
  if ('text' in piece) return new TextEncoder().encode(piece.text);
  return Uint8Array.from(atob(piece.base64), character => character.charCodeAt(0));
}

/** The same value with the fields of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
