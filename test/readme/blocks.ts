import { readFileSync } from 'node:fs';

/** One fenced block of the README. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Of its first line of code in README.md, 1-based. */
  readonly line: number;
  /** The heading that it stands under. */
  readonly heading: string;
}

export const readme: string = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { language: string; line: number; code: string[] } | undefined;
  markdown.split('\n').forEach((text, index) => {
    if (open && text.trim() === '```') {
      blocks.push({ language: open.language, line: open.line, heading, code: open.code.join('\n') });
      open = undefined;
    } else if (open) open.code.push(text);
    else if (/^\s*(```|~~~)/.test(text)) open = { language: text.trim().slice(3), line: index + 2, code: [] };
    else heading = /^#+ (.*)$/.exec(text)?.[1] ?? heading;
  });
  if (open) throw new Error(`README.md:${open.line}: the block under "${heading}" is never closed`);
  return blocks;
}

export const blocksIn = (language: string): readonly Block[] =>
  blocksOf(readme).filter(block => block.language === language);

/** The anchors that GitHub makes of the headings, for links within the page. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const code = new Set(blocksOf(markdown).flatMap(block => block.code.split('\n')));
  const headings = markdown.split('\n').filter(line => /^#+ /.test(line) && !code.has(line));
  return new Set(
    headings.map(line =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
