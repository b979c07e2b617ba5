import { clip, padEnd, padStart, widthOf } from './columns.js';
import { windowLabel } from './frame.js';
import { bar, number, type Paint, seconds } from './style.js';
import type { ModelShare, Summary } from './summary.js';

export interface TableOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly timeScale: number;
}

/** The summary as lines. */
export function summaryTable(summary: Summary, { width, paint, timeScale }: TableOptions): string[] {
  const heading = (text: string): string => paint('bold', text);
  const alarm = (count: number): string => (count > 0 ? paint('red', number(count)) : number(count));
  const figures = [
    ['answered', number(summary.answered)],
    ['failed', alarm(summary.failed)],
    ['retried', number(summary.retried)],
    ['refused by the server', alarm(summary.refused)],
    ['requests sent', number(summary.requests)],
    ['tokens sent', number(summary.promptTokens)],
    ['tokens received', number(summary.answerTokens)],
    ['tokens per second', number(summary.tokensPerSecond)],
    ['time taken', seconds(summary.elapsedMs)],
  ] as const;
  const lines = [
    heading('Summary'),
    ...figures.map(([name, value]) => `  ${padEnd(name, 22)} ${padStart(value, 8)}`),
    '',
    heading('Share of the quota used'),
    ...summary.models.flatMap(model => shares(model, timeScale, paint)),
    '',
    heading('Median wait by priority'),
    ...waits(summary.waits, width, paint),
  ];
  return lines.map(line => clip(line, width));
}

function shares({ model, shares }: ModelShare, timeScale: number, paint: Paint): string[] {
  const cells = shares.map(({ window, share }) => {
    const percent = padStart(share > 0 && share < 0.01 ? '<1 %' : `${number(share * 100)} %`, 5);
    return `    ${paint('dim', padEnd(windowLabel(window, timeScale), 16))} ${percent} ${bar(share, 20, paint)}`;
  });
  return [`  ${model}`, ...cells];
}

function waits(waits: Summary['waits'], width: number, paint: Paint): string[] {
  const longest = Math.max(1, ...waits.map(({ medianMs }) => medianMs));
  return waits.map(({ priority, requests, medianMs }) => {
    const figures = `  ${padStart(String(priority), 2)} ${padStart(seconds(medianMs), 8)} ${paint('dim', padStart(`of ${requests}`, 6))} `;
    return figures + bar(medianMs / longest, Math.max(3, Math.min(40, width - widthOf(figures))), paint, ' ');
  });
}
