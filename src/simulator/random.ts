/** The next number of a sequence, from 0 up to but not including 1. */
export type Random = () => number;

/** [least, most], both in ms. */
export type Range = readonly [least: number, most: number];

/**
 * A sequence that depends on nothing but its seed and what it is for. Every request has its own, so that
 * requests that cross each other on the network do not change each other's answers and delays.
 */
export function seededRandom(seed: number, ...purpose: readonly (string | number)[]): Random {
  let state = hash(`${seed}:${purpose.join(':')}`);
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function between(random: Random, [least, most]: Range): number {
  return least + random() * (most - least);
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}

/** An identifier as Groq's look: 26 characters of base 32. */
export function identifier(random: Random): string {
  return Array.from({ length: 26 }, () => pick(random, [...'0123456789abcdefghjkmnpqrstvwxyz'])).join('');
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
