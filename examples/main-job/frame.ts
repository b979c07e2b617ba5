import type { ModelLimits, StatusCounts, WindowUse } from 'rx-groq';
import { clip, oneLine, padEnd, padStart, widthOf, wrap } from './columns.js';
import type { Talk } from './progress.js';
import { bar, number, type Paint, seconds, shortName } from './style.js';

/** All that the live view shows. */
export interface View {
  readonly models: readonly {
    readonly name: string;
    readonly limits: Pick<ModelLimits, 'windows' | 'nextAdmissionMs'>;
    readonly counts: StatusCounts;
  }[];
  /** The one whose answer is shown. */
  readonly talk: Talk | undefined;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  readonly timeScale: number;
}

/** Lines of an answer that are shown, its newest. */
const ANSWER_LINES = 2;

/** The live view as lines, none wider than `width`: a function of what it shows, and of nothing else. */
export function frame(view: View, width: number, paint: Paint): string[] {
  const lines = [
    '',
    ...view.models.flatMap(model => [...heading(model, width, paint), ...windowGrid(model.limits, view, width, paint)]),
    '',
    ...speech(view.talk, width, paint),
    '',
    footer(view, width, paint),
  ];
  return lines.map(line => clip(line, width));
}

/** The model and what it is about; in two lines where they have no room beside each other. */
function heading({ name, limits, counts }: View['models'][number], width: number, paint: Paint): string[] {
  const { nextAdmissionMs: next } = limits;
  const countdown = padStart(next === null ? '' : next > 0 ? `next in ${seconds(next)}` : 'next now', 13);
  const figures = `${counts.queued} in line · ${counts.inFlight} in flight · ${counts.done} done`;
  const room = width - widthOf(countdown);
  const beside = room - widthOf(figures) - 2;
  if (widthOf(name) < beside) {
    return [`${paint('bold', padEnd(name, beside))}${figures}  ${paint('yellow', countdown)}`];
  }
  return [`${paint('bold', padEnd(clip(name, room), room))}${paint('yellow', countdown)}`, `  ${figures}`];
}

/** As many windows side by side as fit. */
function windowGrid(
  { windows }: Pick<ModelLimits, 'windows'>,
  { timeScale }: View,
  width: number,
  paint: Paint,
): string[] {
  const labels = windows.map(window => windowLabel(window, timeScale));
  const figures = windows.map(({ used, limit }) => `${number(used)} / ${number(limit)}`);
  const labelWidth = Math.max(0, ...labels.map(widthOf));
  const figureWidth = Math.max(0, ...figures.map(widthOf), 16);
  const smallest = labelWidth + figureWidth + 14;
  const columns = Math.max(1, Math.min(windows.length, Math.floor(width / smallest)));
  const barWidth = Math.max(3, Math.floor(width / columns) - labelWidth - figureWidth - 5);
  const cells = windows.map(({ used, limit }, index) => {
    const filled = bar(limit > 0 ? used / limit : 1, barWidth, paint);
    return `  ${paint('dim', padEnd(labels[index]!, labelWidth))} ${filled} ${padEnd(figures[index]!, figureWidth)} `;
  });
  return chunk(cells, columns).map(row => row.join('').trimEnd());
}

/** `requests/min`; the name of a window tells of the server's time, which a simulator's clock may shorten. */
export function windowLabel({ unit, per }: Pick<WindowUse, 'unit' | 'per'>, timeScale: number): string {
  const ms = Math.round(per * timeScale);
  const names = new Map([
    [1000, 's'],
    [60_000, 'min'],
    [3_600_000, 'h'],
    [86_400_000, 'day'],
  ]);
  return `${unit.replace('_', ' ')}/${names.get(ms) ?? `${ms / 1000} s`}`;
}

function speech(talk: Talk | undefined, width: number, paint: Paint): string[] {
  if (!talk) return Array.from({ length: 1 + ANSWER_LINES }, () => '');
  const { job, text } = talk;
  const asked = `p${job.priority} ${shortName(job.request.model)} · ${oneLine(questionOf(talk))}`;
  const said = wrap(oneLine(text), width - 2).slice(-ANSWER_LINES);
  const answer = Array.from({ length: ANSWER_LINES }, (_, index) => `  ${said[index] ?? ''}`);
  return [`${paint('green', '▸')} ${paint('dim', clip(asked, width - 2))}`, ...answer];
}

function questionOf({ job }: Talk): string {
  const content = job.request.messages.at(-1)?.content;
  return typeof content === 'string' ? content : '';
}

function footer({ done, total, elapsedMs }: View, width: number, paint: Paint): string {
  const hint = 'Ctrl-C stops';
  const figures = `${done} of ${total} · ${seconds(elapsedMs)} · `;
  const barWidth = Math.max(3, width - widthOf(figures) - widthOf(hint) - 1);
  return `${bar(total > 0 ? done / total : 1, barWidth, paint)} ${figures}${paint('dim', hint)}`;
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const rows = Math.ceil(items.length / size);
  return Array.from({ length: rows }, (_, row) => items.slice(row * size, (row + 1) * size));
}
