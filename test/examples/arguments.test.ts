import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HELP, readArguments } from '../../examples/main-job/arguments.js';
import { byPriority, readJobs } from '../../examples/main-job/jobs.js';
import { ProgramError } from '../../examples/main-job/ProgramError.js';
import { openResults } from '../../examples/main-job/resultsFile.js';
import { folder, prompt } from './harness.js';

describe('the arguments of npm start', () => {
  it.each([
    [[], { output: 'results.jsonl', help: false }],
    [['own.jsonl'], { input: 'own.jsonl', output: 'results.jsonl' }],
    [['-', '--output', 'out.jsonl'], { input: '-', output: 'out.jsonl' }],
    [['-o', 'out.jsonl', 'own.jsonl'], { input: 'own.jsonl', output: 'out.jsonl' }],
    [['-h'], { help: true }],
  ])('%j', (args, meaning) => {
    expect(readArguments(args)).toMatchObject(meaning);
  });

  it('are told by --help', () => {
    for (const word of ['--output', 'GROQ_API_KEY', 'GROQ_BASE_URL', 'NO_COLOR', 'Exit code'])
      expect(HELP).toContain(word);
  });

  it('left out, the prompts of the example are meant', () => {
    expect(readArguments([]).input).toMatch(/examples.prompts\.jsonl$/);
  });

  it.each([
    [['--outptu', 'x'], /Unknown option '--outptu'/],
    [['--output'], /--output/],
    [['--output', ''], /--output needs the name of a file/],
    [['a.jsonl', 'b.jsonl'], /one file at a time, but got a.jsonl b.jsonl/],
  ])('%j is wrong, and it says what is right', (args, message) => {
    expect(() => readArguments(args)).toThrow(ProgramError);
    expect(() => readArguments(args)).toThrow(message);
    expect(() => readArguments(args)).toThrow(/Usage: npm start -- \[FILE or -\] \[--output FILE\]/);
  });
});

describe('readJobs', () => {
  it('keeps the lines’ numbers, whatever stands between them', async () => {
    const file = folder().write('own.jsonl', '', prompt('a', { priority: 2 }), '   ', 'broken', prompt('b'));
    const { jobs, broken } = await readJobs(file);
    expect(jobs).toMatchObject([
      { line: 2, priority: 2 },
      { line: 5, priority: 5 },
    ]);
    expect(broken).toMatchObject([{ line: 4, ok: false, error: { kind: 'broken_line' } }]);
  });

  it('leaves a priority that is none to the client', async () => {
    const { jobs } = await readJobs(folder().write('own.jsonl', prompt('a', { priority: 'high' })));
    expect(jobs).toMatchObject([{ priority: 5, request: { priority: 'high' } }]);
    expect(Object.keys(byPriority(jobs))).toEqual(['5']);
  });

  it('says why not', async () => {
    await expect(readJobs('nowhere.jsonl')).rejects.toThrow(/^nowhere.jsonl can't be read: ENOENT/);
    await expect(readJobs(folder().write('empty.jsonl', ''))).rejects.toThrow(/empty.jsonl holds no line/);
  });
});

describe('the results file', () => {
  it('is never the file of the prompts, by whatever name', () => {
    const { path, write } = folder();
    const file = write('own.jsonl', prompt('a'));
    for (const name of [file, join(path, '.', 'own.jsonl')]) {
      expect(() => openResults(name, file)).toThrow(/^The results would overwrite the prompts in /);
    }
    expect(readFileSync(file, 'utf8')).toBe(`${prompt('a')}\n`);
  });

  it('that can not be written any more is told, exit code 1', () => {
    const file = openResults(join(folder().path, 'results.jsonl'), '-');
    file[Symbol.dispose]();
    const broken = { line: 1, ok: false, error: { kind: 'broken_line', message: '' } } as const;
    expect(() => file.append(broken)).toThrow(expect.objectContaining({ exitCode: 1 }));
    expect(() => file.append(broken)).toThrow(/^The results can't be written to .*EBADF/);
  });
});
