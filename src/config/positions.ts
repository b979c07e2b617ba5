/** A place in a text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type PositionAt = (offset: number) => Position;

/** Where in a text an offset is; the lines are counted once, since a broken file can have as many mistakes as characters. */
export function positionsIn(text: string): PositionAt {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(end => end.index + end[0].length)];
  return offset => {
    let line = 0;
    let beyond = starts.length;
    while (beyond - line > 1) {
      const middle = (line + beyond) >>> 1;
      if (starts[middle]! <= offset) line = middle;
      else beyond = middle;
    }
    return { line: line + 1, column: offset - starts[line]! + 1 };
  };
}
