import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { firstValueFrom, type Observable } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
// As it is built: a thread starts from a file of JavaScript.
import { byteBound, type WorkerTokenCounter, workerTokenCounter } from '../../dist/estimate/index.js';
import { textCounter } from '../../dist/estimate/textCounter.js';
import { root } from '../readme/folders.js';

const ask = (content: string, model = 'openai/gpt-oss-20b') => ({ model, messages: [{ role: 'user', content }] });
/** The counter's answer where it can't be known at once. */
const pending = (counter: WorkerTokenCounter, content: string): Observable<number> => {
  const count = counter.count(ask(content));
  if (typeof count === 'number') throw new Error('expected an Observable');
  return count;
};

const counters: WorkerTokenCounter[] = [];
const open = (): WorkerTokenCounter => {
  const counter = workerTokenCounter();
  counters.push(counter);
  return counter;
};
afterEach(async () => {
  for (const counter of counters.splice(0)) await counter.release();
});

function startedWorkers(): Worker[] {
  const started: Worker[] = [];
  const listener = (worker: Worker): void => void started.push(worker);
  process.on('worker', listener);
  onTestFinished(() => void process.off('worker', listener));
  return started;
}

/** Reads the texts of every message posted to a thread from now on. */
function postedTexts(): () => string[][] {
  const spy = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.map(([message]) => message.texts);
}

describe('workerTokenCounter', () => {
  it('counts in another thread, while this one is free', async () => {
    const counter = open();
    const before = performance.eventLoopUtilization();
    expect(await firstValueFrom(pending(counter, 'hello'))).toBe(72);
    // Loading a vocabulary here would keep the loop busy nearly all of the time.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  it('starts one thread for 600 counts at once by several clients', async () => {
    const started = startedWorkers();
    const [one, other] = [open(), open()];
    expect(started).toHaveLength(0);
    const counts = Array.from({ length: 600 }, (_, n) => firstValueFrom(pending(n % 2 ? one : other, `number ${n}`)));
    expect(new Set(await Promise.all(counts)).size).toBe(1);
    expect(started).toHaveLength(1);
  });

  it('asks once for each subscription, and not before', () => {
    const counter = open();
    const posted = postedTexts();
    const count = pending(counter, 'subscribed twice');
    expect(posted()).toEqual([]);
    count.subscribe().unsubscribe();
    count.subscribe().unsubscribe();
    expect(posted()).toEqual([['subscribed twice'], ['subscribed twice']]);
  });

  it('answers in the same turn what it has counted before, and asks only for the new message of a conversation', async () => {
    const counter = open();
    await firstValueFrom(pending(counter, 'hello'));
    expect(counter.count(ask('hello'))).toBe(72);
    const posted = postedTexts();
    const longer = { ...ask('hello'), messages: [...ask('hello').messages, { role: 'user', content: 'hello again' }] };
    expect(await firstValueFrom(counter.count(longer) as Observable<number>)).toBe(72 + 4 + 2);
    expect(posted()).toEqual([['hello again']]);
    expect(counter.count(longer)).toBe(72 + 4 + 2);
  });

  it('stops beyond what anybody needs to know, and does not take that for the whole', async () => {
    const counter = open();
    const long = ask('many words '.repeat(10_000));
    const atLeast = await firstValueFrom(counter.count(long, 500) as Observable<number>);
    expect(atLeast).toBeGreaterThan(500);
    expect(atLeast).toBeLessThan(600);
    const whole = await firstValueFrom(counter.count(long) as Observable<number>);
    expect(whole).toBeGreaterThan(20_000);
    expect(counter.count(long, 500)).toBe(whole);
  });

  it('hands long texts over in parts, each when the one before is counted, and gets what all of it has', async () => {
    const counter = open();
    const content = ['words and words. ', 'a', '漢'].map(unit => unit.repeat(60_000 / unit.length)).join('');
    const posted = postedTexts();
    const counted = firstValueFrom(pending(counter, content));
    expect(posted()).toHaveLength(1);
    const whole = (await textCounter('o200k_base'))(content);
    expect(await counted).toBe(71 + whole);
    expect(posted().flat().join('')).toBe(content);
    expect(Math.max(...posted().map(texts => texts.join('').length))).toBeLessThan(70_000);
    const before = posted().length;
    await firstValueFrom(counter.count(ask(content.slice(1)), 1000) as Observable<number>);
    expect(posted()).toHaveLength(before + 1);
  });

  it('counts messages up to the one that is too much, and remembers those before it', async () => {
    const counter = open();
    const messages = ['one', 'word '.repeat(1000), 'three'].map(content => ({ role: 'user', content }));
    const request = { model: 'openai/gpt-oss-20b', messages };
    expect(await firstValueFrom(counter.count(request, 300) as Observable<number>)).toBeGreaterThan(300);
    expect(counter.count({ ...request, messages: messages.slice(0, 1) })).toBe(72);
    expect(await firstValueFrom(counter.count(request) as Observable<number>)).toBe(67 + 3 * 4 + 1 + 1001 + 1);
  });

  it('drops the reply of a count that was unsubscribed, and answers the others', async () => {
    const counter = open();
    const seen: number[] = [];
    const subscription = pending(counter, 'left early').subscribe(count => seen.push(count));
    const later = firstValueFrom(pending(counter, 'hello'));
    subscription.unsubscribe();
    // Replies come in the order of the questions, so the dropped one has been here.
    expect(await later).toBe(72);
    expect(seen).toEqual([]);
  });

  it('is ready for a model once its vocabulary is there, and warming loads it', async () => {
    const counter = open();
    expect(counter.ready('openai/gpt-oss-20b')).toBe(false);
    counter.warm('openai/gpt-oss-20b');
    counter.warm('openai/gpt-oss-20b');
    await firstValueFrom(pending(counter, 'hello'));
    expect(counter.ready('openai/gpt-oss-20b')).toBe(true);
    expect(counter.ready('openai/gpt-oss-120b')).toBe(true);
    expect(counter.ready('llama-3.1-8b-instant')).toBe(false);
  });

  it('ends the thread with the last release, and starts another if it is used again', async () => {
    const started = startedWorkers();
    const [one, other] = [open(), open()];
    await firstValueFrom(pending(one, 'hello'));
    const ended = new Promise(resolve => started[0]?.once('exit', resolve));
    await one.release();
    await one.release();
    expect(other.count(ask('hello'))).toBe(72);
    await other.release();
    await ended;
    expect(other.count(ask('hello'))).toBe(byteBound(ask('hello')));
    expect(started).toHaveLength(1);
    expect(await firstValueFrom(pending(open(), 'hello'))).toBe(72);
    expect(started).toHaveLength(2);
  });

  it('answers with the byte bound what is still waiting, or is asked for, when the thread ends', async () => {
    const counter = open();
    const waiting = firstValueFrom(pending(counter, 'waiting'));
    const late = pending(counter, 'late');
    await counter.release();
    expect(await waiting).toBe(byteBound(ask('waiting')));
    expect(await firstValueFrom(late)).toBe(byteBound(ask('late')));
  });
});

describe('Node', () => {
  it.each([
    ['waits for a count and then exits by itself', 'count.subscribe(console.log)', '72\n'],
    [
      'exits by itself while a count that nobody awaits is being made',
      'count.subscribe(console.log).unsubscribe()',
      '',
    ],
    ['exits by itself while a vocabulary is being warmed', "counter.warm('openai/gpt-oss-20b')", ''],
  ])('%s', async (_what, action, output) => {
    const program = `
      import { workerTokenCounter } from ${JSON.stringify(new URL('../../dist/estimate/index.js', import.meta.url).href)};
      const counter = workerTokenCounter();
      const count = counter.count(${JSON.stringify(ask('hello'))});
      ${action};`;
    expect(await run(['--input-type=module', '--eval', program])).toEqual({ stdout: output, stderr: '' });
  });

  it('falls back to the byte bound, with one warning, where the vocabularies are not installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rx-groq-no-tokenizer-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const parts = ['estimate', 'request', 'limits', 'errors', 'answer'].map(name => join('dist', name));
    for (const part of ['package.json', ...parts]) cpSync(join(root, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    for (const name of ['rxjs', 'zod'])
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    const program = `
      import { byteBound, workerTokenCounter } from ${JSON.stringify(pathToFileURL(join(folder, 'dist/estimate/index.js')).href)};
      const counter = workerTokenCounter();
      const of = content => ({ model: 'openai/gpt-oss-20b', messages: [{ role: 'user', content }] });
      const requests = [of('hello'), of('hello again')];
      let left = requests.length;
      for (const request of requests) counter.count(request).subscribe(tokens => {
        console.log(tokens === byteBound(request));
        if (--left === 0) console.log(counter.count(request) === byteBound(request));
      });`;
    const { stdout, stderr } = await run(['--input-type=module', '--eval', program]);
    expect(stdout).toBe('true\ntrue\ntrue\n');
    expect(stderr.match(/RX_GROQ_TOKENIZER/g)).toHaveLength(1);
    expect(stderr).toContain('js-tiktoken');
  });

  it('falls back to the byte bound, with one warning, where threads are forbidden', async () => {
    const program = `
      import { byteBound, workerTokenCounter } from ${JSON.stringify(new URL('../../dist/estimate/index.js', import.meta.url).href)};
      const request = ${JSON.stringify(ask('hello'))};
      const counters = [workerTokenCounter(), workerTokenCounter()];
      console.log(counters.every(counter => counter.count(request) === byteBound(request)), counters[0].ready('any'));`;
    const permission = ['--permission', '--experimental-permission'].find(flag =>
      process.allowedNodeEnvironmentFlags.has(flag),
    )!;
    const { stdout, stderr } = await run([permission, '--allow-fs-read=*', '--input-type=module', '--eval', program]);
    expect(stdout).toBe('true true\n');
    expect(stderr.match(/RX_GROQ_TOKENIZER/g)).toHaveLength(1);
  });
});

const run = (args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, args, { timeout: 50_000, env: {} });
