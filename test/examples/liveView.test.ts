// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what a terminal is about

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { widthOf } from '../../examples/main-job/columns.js';
import { openScreen } from '../../examples/main-job/screen.js';
import { asking, folder, PATIENCE, prompt, simulate, startOnTerminal } from './harness.js';
import { terminal } from './terminal.js';

const BEGIN = '\u001B[?2026h';
const colours = /\u001B\[[\d;]*m/;

describe('npm start on a terminal', () => {
  async function run(env: NodeJS.ProcessEnv) {
    const simulator = await simulate({ tokensPerSecond: 100 });
    const { path, write, results } = folder();
    const file = write(
      'own.jsonl',
      ...[1, 5, 10].map(priority => prompt('Why is the sky blue?', { priority, max_completion_tokens: 200 })),
    );
    const began = performance.now();
    const program = startOnTerminal([file], { cwd: path, env: { ...asking(simulator), ...env } });
    const { code, stdout } = await program.exit;
    expect(code).toBe(0);
    expect(results()).toHaveLength(3);
    const screen = terminal();
    const drawn = stdout.split(BEGIN).map(part => {
      screen.write(part);
      return screen.lines.join('\n');
    });
    const widest = Math.max(...drawn.flatMap(text => text.split('\n')).map(widthOf));
    return { stdout, drawn, last: drawn.at(-1)!, widest, seconds: (performance.now() - began) / 1000 };
  }

  it('draws what goes on, and leaves lines and summary when all is done', PATIENCE, async () => {
    const { stdout, drawn, last, seconds } = await run({});
    // Each printed line comes with a picture of its own: three that finish, one empty and the summary's first.
    const printed = 5;
    const pictures = stdout.slice(0, stdout.indexOf('Summary')).split(BEGIN).length - 1 - printed;
    expect(pictures).toBeGreaterThan(3);
    // Twelve a second, and one before the first of these and one at the end.
    expect(pictures).toBeLessThanOrEqual(12 * seconds + 2);
    expect(drawn.some(text => /^openai\/gpt-oss-20b .*0 in line · 3 in flight · 0 done/m.test(text))).toBe(true);
    expect(drawn.some(text => /tokens\/min +[█▏▎▍▌▋▊▉░]+ \d+ \/ 8,000/.test(text))).toBe(true);
    expect(drawn.some(text => /▸ p\d+ gpt-oss-20b · Why is the sky blue\?\n {2}\(simulated\)/.test(text))).toBe(true);
    expect(last).not.toContain('in flight');
    expect(last).not.toContain('Ctrl-C stops');
    expect(last.match(/✔/g)).toHaveLength(3);
    expect(last).toMatch(/\nSummary\n {2}answered +3\n/);
    expect(stdout).toMatch(colours);
    expect(stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001B[?25l'));
  });

  it('keeps to COLUMNS and NO_COLOR', PATIENCE, async () => {
    const { stdout, widest } = await run({ COLUMNS: '60', NO_COLOR: '1' });
    expect(stdout).not.toMatch(colours);
    expect(widest).toBe(60);
  });
});

describe('screen', () => {
  function fake(columns: number, rows = 40) {
    const seen = terminal();
    const written: string[] = [];
    const output = Object.assign(new EventEmitter(), {
      isTTY: true,
      columns,
      rows,
      hasColors: () => true,
      write(text: string) {
        written.push(text);
        seen.write(text);
        return true;
      },
    });
    return { seen, written, output: output as unknown as Parameters<typeof openScreen>[0] & { columns: number } };
  }

  it('prints above the picture, and takes it away at the end', () => {
    const { seen, output } = fake(80);
    const screen = openScreen(output, {});
    screen.print('begin');
    screen.draw(['one', 'two', 'three']);
    screen.print('news');
    screen.draw(['uno', 'due']);
    expect(seen.lines).toEqual(['begin', 'news', 'uno', 'due']);
    screen[Symbol.dispose]();
    expect(seen.lines).toEqual(['begin', 'news', '']);
  });

  it('shows each change in one write, so that nothing flickers', () => {
    const { written, output } = fake(80);
    using screen = openScreen(output, {});
    screen.draw(['one', 'two']);
    screen.print('news');
    expect(written).toHaveLength(2);
    expect(written.every(text => text.startsWith(BEGIN) && text.endsWith('\u001B[?2026l'))).toBe(true);
  });

  it('follows the width, and finds its picture again where the terminal has wrapped it', () => {
    const { output, written } = fake(80);
    using screen = openScreen(output, {});
    screen.draw(['x'.repeat(80), 'y']);
    output.columns = 40;
    expect(screen.width).toBe(40);
    screen.draw(['x']);
    expect(written.at(-1)).toContain('\u001B[2A'); // two rows of x and one of y
  });

  it('draws no more lines than there are rows', () => {
    const { seen, output } = fake(80, 3);
    using screen = openScreen(output, {});
    screen.draw(['one', 'two', 'three', 'four']);
    expect(seen.lines).toEqual(['one', 'two']);
  });

  it.each([
    [{}, 90, 90],
    [{ COLUMNS: '60' }, 90, 60],
    [{ COLUMNS: '120' }, 90, 90],
    [{ COLUMNS: 'wide' }, 0, 80],
  ])('%j on a terminal of %d columns: %d', (env, columns, width) => {
    using screen = openScreen(fake(columns).output, env);
    expect(screen.width).toBe(width);
  });

  it('a dumb terminal gets plain lines', () => {
    using screen = openScreen(fake(80).output, { TERM: 'dumb' });
    expect([screen.live, screen.paint('red', 'x')]).toEqual([false, 'x']);
  });
});
