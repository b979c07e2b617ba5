/** `names` in order of likeness to what was written, the nearest first. */
export function byLikeness(written: string, names: readonly string[]): readonly string[] {
  return names
    .map(name => ({ name, distance: distance(written, name) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
}

/** The one name that was probably meant, if any is near enough: of its letters at least half must be there. */
export function meant(written: string, names: readonly string[]): string | undefined {
  const best = byLikeness(written, names)[0];
  return best !== undefined && distance(written, best) <= best.length / 2 ? best : undefined;
}

/** People leave the vendor out (`gpt-oss-20b`), write camelCase, and say `rpm` for `req_per_minute`. */
function distance(written: string, name: string): number {
  const ownPart = name.slice(name.lastIndexOf('/') + 1);
  const initials = name.replace(/(\w)[^_]*_?/g, '$1');
  if (name.includes('_') && written.toLowerCase() === initials) return 0;
  return Math.min(edits(letters(written), letters(name)), edits(letters(written), letters(ownPart)));
}

/** Long enough to tell names apart, short enough that a megabyte of junk costs nothing. */
function letters(text: string): string {
  return text
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment). */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
