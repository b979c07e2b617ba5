import type { WriteStream } from 'node:tty';
import { widthOf } from './columns.js';
import { coloured, type Paint, plain } from './style.js';

/** Lines that scroll by and, on a terminal, a picture that stays below them. */
export interface Screen extends Disposable {
  readonly live: boolean;
  readonly paint: Paint;
  readonly width: number;
  /** A line above the picture. */
  print(line: string): void;
  /** Replaces the picture. */
  draw(lines: readonly string[]): void;
}

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows' | 'hasColors'>>;

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';
/** What stands between the two is shown at once, by terminals that know them. */
const BEGIN = '\u001B[?2026h';
const END = '\u001B[?2026l';

/** @param env of which `COLUMNS`, `NO_COLOR` and `TERM` count */
export function openScreen(output: Output, env: NodeJS.ProcessEnv): Screen {
  const live = output.isTTY === true && env.TERM !== 'dumb';
  const paint = live && !env.NO_COLOR && output.hasColors?.() !== false ? coloured : plain;
  let picture: readonly string[] = [];
  let hidden = false;

  const width = (): number => {
    const actual = output.columns || Number.POSITIVE_INFINITY; // 0 where the terminal does not know
    const wished = Number(env.COLUMNS) || (live ? 80 : 120);
    return output.columns && !env.COLUMNS ? output.columns : Math.min(wished, actual);
  };
  /** Back to the picture's first column. A terminal that has been made narrower has wrapped its lines. */
  const top = (): string => {
    const rows = picture.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width())), 0);
    return rows > 1 ? `\r\u001B[${rows - 1}A` : '\r';
  };
  const show = (): void => {
    if (hidden) output.write(SHOW_CURSOR);
    hidden = false;
  };
  process.once('exit', show);

  return {
    live,
    paint,
    get width() {
      return width();
    },
    print(line) {
      if (picture.length === 0) output.write(`${line}\n`);
      else output.write(`${BEGIN}${top()}${line}${CLEAR_LINE}\n${body(picture)}${END}`);
    },
    draw(lines) {
      const fitting = lines.slice(0, (output.rows || lines.length + 1) - 1);
      const cursor = hidden ? '' : HIDE_CURSOR;
      hidden = true;
      output.write(`${BEGIN}${cursor}${top()}${body(fitting)}${END}`);
      picture = fitting;
    },
    [Symbol.dispose]() {
      if (picture.length > 0) output.write(`${top()}${CLEAR_BELOW}`);
      picture = [];
      show();
      process.off('exit', show);
    },
  };
}

function body(lines: readonly string[]): string {
  return lines.map(line => line + CLEAR_LINE).join('\n') + CLEAR_BELOW;
}
