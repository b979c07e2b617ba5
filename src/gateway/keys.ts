import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The name of the key in an Authorization header; undefined: not let in. */
export type Doorkeeper = (authorization: string | undefined) => string | undefined;

/**
 * @param keys path of a keys file, or its contents: name → `sha256:` and the key's SHA-256 in hex
 * @throws TypeError for what is no such thing; never shows a hash
 */
export function doorkeeper(keys: string | Readonly<Record<string, string>>): Doorkeeper {
  const known = Object.entries(typeof keys === 'string' ? readKeys(keys) : keys).map(([name, hash]) => {
    const hex = /^sha256:([0-9a-f]{64})$/i.exec(String(hash))?.[1];
    if (hex === undefined) throw new TypeError(`keys: "${name}" must be "sha256:" and 64 hexadecimal digits`);
    return { name, digest: Buffer.from(hex, 'hex') };
  });
  return authorization => {
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (key === undefined) return undefined;
    const digest = createHash('sha256').update(key).digest();
    // All are compared, whichever it is: how long it takes tells nothing.
    return known.filter(one => timingSafeEqual(one.digest, digest))[0]?.name;
  };
}

function readKeys(path: string): Record<string, string> {
  const text = readFileSync(path, 'utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TypeError(`keys: ${path} is no JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TypeError(`keys: ${path} must hold an object, name → "sha256:…"`);
  }
  return parsed as Record<string, string>;
}
