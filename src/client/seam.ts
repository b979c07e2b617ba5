/** Shorter repetitions are the language's own: 'no, ' + 'no'. */
const shortest = 10;
/** Of a longer text only so much of its end is looked for, and its beginning. */
const longest = 1000;

/**
 * Joins a text that broke off and what goes on from there, piece by piece: what the second says again is left out, whether it is the end of
 * the first (10 characters of it at least) or all of it from the beginning.
 *
 *     text   The lighthouse stood on a cl
 *     goes on                 stood on a cliff.        joined: 'iff.'
 */
export interface Seam {
  /** What the piece adds; undefined while it is not known whether it is new. */
  add(piece: string): string | undefined;
  /** What is still held back, at the end. */
  end(): string;
  /** Characters left out. */
  readonly removed: number;
}

export function seamAfter(text: string): Seam {
  const least = Math.min(shortest, text.length);
  /** Where in the text it may have begun again, longest repetition first. */
  let begins: number[] = [];
  for (let at = Math.max(0, text.length - longest); at <= text.length - least; at++) begins.push(at);
  if (begins[0] !== 0) begins.unshift(0);
  let held = '';
  let removed = 0;
  let open = true;

  const narrow = (): void => {
    begins = begins.filter(at =>
      text.length - at > held.length ? text.startsWith(held, at) : held.startsWith(text.slice(at)),
    );
  };
  const settle = (): string => {
    open = false;
    const whole = begins.find(at => text.length - at <= held.length);
    removed = whole === undefined ? 0 : text.length - whole;
    return held.slice(removed);
  };
  return {
    get removed() {
      return removed;
    },
    add(piece) {
      if (!open) return piece;
      held += piece;
      narrow();
      // A longer one that may still become whole is waited for.
      const [first] = begins;
      return first === undefined || text.length - first <= held.length ? settle() : undefined;
    },
    end: () => (open ? settle() : ''),
  };
}
