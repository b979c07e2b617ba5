import { clip, oneLine, padEnd, padStart } from './columns.js';
import { type BrokenLine, isResult, type Result } from './Result.js';
import { type Paint, seconds, shortName } from './style.js';

export interface LineOptions {
  readonly width: number;
  readonly paint: Paint;
  /** Columns for the model's name. @default 0 */
  readonly modelWidth?: number;
}

/** One line for what has ended: time, line of the input, priority, model, wait, first words. */
export function finishedLine(entry: Result | BrokenLine, { width, paint, modelWidth = 0 }: LineOptions): string {
  const mark = entry.ok ? paint('green', '✔') : paint('red', '✘');
  if (!isResult(entry)) return clip(`${mark} line ${entry.line} is no request: ${oneLine(entry.error.message)}`, width);
  const fields = [
    paint('dim', clockTime(new Date(entry.finishedAt))),
    mark,
    paint('dim', padStart(`#${entry.line}`, 3)),
    padEnd(`p${entry.priority}`, 3),
    paint('cyan', padEnd(oneLine(shortName(entry.model)), modelWidth)),
    paint('dim', 'waited ') + padStart(seconds(entry.queuedMs), 6),
    entry.ok ? answerOf(entry, paint) : paint('red', oneLine(`${entry.error.kind}: ${entry.error.message}`)),
  ];
  return clip(fields.join(' '), width);
}

function answerOf({ answer, finishReason }: Result & { ok: true }, paint: Paint): string {
  const cut = finishReason === 'length' ? paint('yellow', '[cut off] ') : '';
  return cut + oneLine(answer);
}

function clockTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
}
