/** Something on a line of time: a letter, the end or an error. */
export interface Mark {
  /** ms */
  readonly at: number;
  readonly mark: string;
}

/** A line of a picture: what happens on it, or how long something lasts (to Infinity: it never ends). */
export type Row =
  | { readonly label: string; readonly marks: readonly Mark[] }
  | { readonly label: string; readonly span: readonly [number, number] };

const [left, length, height, radius] = [110, 640, 36, 11];

/** The rows as SVG, in the colours of the reader's system, light or dark. */
export function picture(title: string, all: readonly Row[]): string {
  const rows = all.map(row => ('marks' in row ? { ...row, marks: shortened(row.marks) } : row));
  const times = rows.flatMap(row => ('marks' in row ? row.marks.map(({ at }) => at) : row.span));
  const last = Math.max(1, ...times.filter(Number.isFinite));
  const x = (at: number): number => Math.round(left + (Math.min(at, last * 1.05) / (last * 1.05)) * length);
  const besides = rows.flatMap(row =>
    'marks' in row ? row.marks.map(({ at }, index) => x(at) + beside(row.marks, index)) : [],
  );
  const width = Math.max(left + length, ...besides) + 30;
  const bottom = 14 + rows.length * height;
  const body = rows.map((row, index) => {
    const y = 24 + index * height;
    const label = `<text class="label" x="8" y="${y + 4}">${row.label}</text>`;
    return `${label}${'marks' in row ? lineOf(row.marks, y, x) : spanOf(row.span, y, x)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 22}" role="img">
<title>${escaped(title)}</title>
<style>
text { font: 13px ui-monospace, monospace; fill: #1f2328; text-anchor: middle }
.label { text-anchor: start } .label, .time { fill: #59636e }
line { stroke: #59636e; stroke-width: 1.5 } .error { stroke: #d1242f; stroke-width: 2.5 }
circle { fill: #ddf4ff; stroke: #0969da } rect { fill: #0969da; opacity: .3 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .label, .time { fill: #9198a1 } line { stroke: #9198a1 } .error { stroke: #f85149 }
circle { fill: #121d2f; stroke: #4493f8 } rect { fill: #4493f8 }
}
</style>
${body.join('\n')}
<text class="time" x="${x(0)}" y="${bottom + 12}">0</text><text class="time" x="${x(last)}" y="${bottom + 12}">${last} ms</text>
</svg>
`;
}

/** Of many at one instant the first and the last, so that they do not hide what comes after. */
function shortened(marks: readonly Mark[]): Mark[] {
  const instants = [...new Set(marks.map(({ at }) => at))];
  return instants.flatMap(instant => {
    const group = marks.filter(({ at }) => at === instant);
    const letters = group.filter(({ mark }) => mark !== 'end' && mark !== 'error');
    if (letters.length < 5) return group;
    return [letters[0]!, { ...letters[0]!, mark: '…' }, letters.at(-1)!, ...group.slice(letters.length)];
  });
}

function lineOf(marks: readonly Mark[], y: number, x: (at: number) => number): string {
  const ends = marks.find(({ mark }) => mark === 'end' || mark === 'error');
  const line = `<line x1="${x(0)}" y1="${y}" x2="${x(ends?.at ?? Number.POSITIVE_INFINITY)}" y2="${y}"/>`;
  const drawn = marks.map(({ at, mark }, index) => markOf(mark, x(at) + beside(marks, index), y));
  return line + drawn.join('');
}

/** How far a mark is moved to the right, as what is of one instant stands side by side. */
function beside(marks: readonly Mark[], index: number): number {
  return marks.slice(0, index).filter(({ at }) => at === marks[index]!.at).length * radius * 2;
}

function markOf(mark: string, at: number, y: number): string {
  if (mark === 'end') return `<line x1="${at}" y1="${y - 10}" x2="${at}" y2="${y + 10}"/>`;
  if (mark !== 'error')
    return `<circle cx="${at}" cy="${y}" r="${radius}"/><text x="${at}" y="${y + 4}">${escaped(mark)}</text>`;
  const stroke = (slope: number): string =>
    `<line class="error" x1="${at - 7}" y1="${y - 7 * slope}" x2="${at + 7}" y2="${y + 7 * slope}"/>`;
  return stroke(1) + stroke(-1);
}

function spanOf([from, to]: readonly [number, number], y: number, x: (at: number) => number): string {
  if (from === Number.POSITIVE_INFINITY) return '';
  return `<rect x="${x(from)}" y="${y - 4}" width="${Math.max(2, x(to) - x(from))}" height="8" rx="4"/>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
