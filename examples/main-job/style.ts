import { styleText } from 'node:util';

type Format = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>;

/** Colours a text, or does not. */
export type Paint = (format: Format, text: string) => string;

export const plain: Paint = (_, text) => text;
export const coloured: Paint = (format, text) => styleText(format, text, { validateStream: false });

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` columns, filled to `share` (0 … 1) in steps of an eighth of a column. What is not nothing is seen. */
export function bar(share: number, width: number, paint: Paint, empty = '░'): string {
  const eighths = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * width * 8));
  const filled = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return paint('cyan', filled) + paint('dim', empty.repeat(width - filled.length));
}

export function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** With one decimal below 100 s. */
export function seconds(ms: number): string {
  const s = ms / 1000;
  return s < 99.95 ? `${s.toFixed(1)} s` : `${number(s)} s`;
}

/** `openai/gpt-oss-20b` is `gpt-oss-20b` where room is short. */
export function shortName(model: string): string {
  return String(model).split('/').at(-1)!;
}
