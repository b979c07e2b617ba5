// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what a terminal is about

/** Enough of a terminal to see what a program has drawn: lines, and the cursor moves that screen.ts makes. No wrapping. */
export function terminal() {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  return {
    /** All lines so far, those that have scrolled away included. */
    lines,
    write(text: string): void {
      for (const [part] of text.matchAll(/\u001B\[[?\d;]*[A-Za-z]|\r|\n|[^\r\n\u001B]+/g)) {
        if (part === '\r') column = 0;
        else if (part === '\n') {
          row++;
          column = 0; // the terminal's driver makes \r\n of it
          lines[row] ??= '';
        } else if (part.endsWith('A') && part.startsWith('\u001B')) row = Math.max(0, row - Number(part.slice(2, -1)));
        else if (part === '\u001B[K') lines[row] = lines[row]!.slice(0, column);
        else if (part === '\u001B[J') {
          lines[row] = lines[row]!.slice(0, column);
          lines.length = row + 1;
        } else if (!part.startsWith('\u001B')) {
          lines[row] = lines[row]!.slice(0, column) + part + lines[row]!.slice(column + part.length);
          column += part.length;
        }
      }
    },
  };
}
