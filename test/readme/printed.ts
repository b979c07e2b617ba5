/**
 * Compares what a block printed with the `// →` comments in it, line by line. In them `…` stands for anything, and where the block says
 * "in any order" the lines may come so.
 */

const arrow = /\/\/ → (.*)$/;

export function expectedLines(code: string): readonly string[] {
  return code.split('\n').flatMap(line => arrow.exec(line)?.[1] ?? []);
}

/** Where the two part; undefined if they agree. */
export function difference(code: string, output: string): string | undefined {
  const expected = [...expectedLines(code)];
  const printed = output.replace(/\n$/, '').split('\n');
  if (/\/\/ in any order/.test(code)) {
    expected.sort();
    printed.sort();
  }
  const agree = expected.length === printed.length && expected.every((line, index) => matches(line, printed[index]!));
  return agree ? undefined : `expected:\n${expected.join('\n')}\n\nprinted:\n${printed.join('\n')}`;
}

function matches(pattern: string, line: string): boolean {
  const parts = pattern.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(line);
}
