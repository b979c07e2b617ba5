const star = 42;
/** A shorter value is no secret, and may well be a word of an answer. */
const shortest = 12;
const encoder = new TextEncoder();

/** What of a request's headers nobody but its server may see. */
export function secretsIn(headers: Readonly<Record<string, string>>): readonly Uint8Array[] {
  return Object.entries(headers)
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .map(([, value]) => value.replace(/^(Bearer|Basic) +/, ''))
    .filter(value => value.length >= shortest)
    .map(value => encoder.encode(value));
}

/** Bytes with stars in place of secrets, which a server may repeat in what it says; as many, so that lengths stay true. */
export interface Censor {
  /** All but what may be the beginning of a secret is emitted at once. */
  feed(bytes: Uint8Array): void;
  /** There will be no more. */
  end(): void;
}

export function withoutSecrets(secrets: readonly Uint8Array[], emit: (bytes: Uint8Array) => void): Censor {
  let held: Uint8Array = new Uint8Array(0);
  return {
    feed(bytes) {
      const joined = held.length > 0 ? concat(held, bytes) : bytes;
      let clean = joined;
      let end = joined.length;
      for (const secret of secrets) {
        for (let at = joined.indexOf(secret[0]!); at >= 0; at = joined.indexOf(secret[0]!, at + 1)) {
          const same = commonLength(joined, at, secret);
          if (same === secret.length) {
            if (clean === joined) clean = joined.slice();
            clean.fill(star, at, at + same);
          } else if (at + same === joined.length) end = Math.min(end, at);
        }
      }
      held = clean.slice(end);
      if (end > 0) emit(clean.subarray(0, end));
    },
    end() {
      if (held.length > 0) emit(held);
      held = new Uint8Array(0);
    },
  };
}

function commonLength(bytes: Uint8Array, at: number, secret: Uint8Array): number {
  let same = 0;
  while (same < secret.length && at + same < bytes.length && bytes[at + same] === secret[same]) same++;
  return same;
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
