// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template
import { createHook } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BehaviorSubject, firstValueFrom, Observable, of, ReplaySubject, Subject, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKeyOf, type ChatConfig, type ConfigUpdate, modelTable, openConfig } from '../../src/config/index.js';
import { ConfigError } from '../../src/errors/index.js';
import { configErrorOf, realKey } from './fixtures.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rx-groq-config-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const write = (name: string, config: ChatConfig | string) =>
  writeFileSync(join(cwd, name), typeof config === 'string' ? config : JSON.stringify(config));
const namesOf = (update: ConfigUpdate) => (update.ok ? update.catalogue.names : update.error.message);

describe('the source of the configuration is', () => {
  test('the path that was given, seen from cwd', () => {
    write('mine.json', { mine: {} });
    write('config.json', { other: {} });
    expect(openConfig('mine.json', { cwd, env: { GROQ_CONFIG_PATH: 'config.json' } }).initial?.names).toEqual(['mine']);
    expect(openConfig(join(cwd, 'mine.json'), { env: {} }).initial?.names).toEqual(['mine']);
  });

  test('the object that was given', () => {
    expect(openConfig({ mine: {} }, { env: {} }).initial?.names).toEqual(['mine']);
  });

  test('else the file that $GROQ_CONFIG_PATH names, before ./config.json', () => {
    write('mine.json', { mine: {} });
    write('config.json', { other: {} });
    expect(openConfig(undefined, { cwd, env: { GROQ_CONFIG_PATH: 'mine.json' } }).initial?.names).toEqual(['mine']);
    expect(openConfig(undefined, { cwd, env: { GROQ_CONFIG_PATH: '' } }).initial?.names).toEqual(['other']);
  });

  test('else ./config.json', () => {
    write('config.json', { other: {} });
    expect(openConfig(undefined, { cwd, env: {} }).initial?.names).toEqual(['other']);
  });

  test('else the built-in table with the key in $GROQ_API_KEY', () => {
    const { initial } = openConfig(undefined, { cwd, env: { GROQ_API_KEY: realKey } });
    expect(initial?.names).toEqual(modelTable.living.map(({ id }) => id));
    expect(apiKeyOf(initial!.entry('openai/gpt-oss-20b')!)).toBe(realKey);
  });
});

describe('a file that can not be read', () => {
  test.each([
    ['is missing', () => openConfig('no.json', { cwd, env: {} }), 'no.json: there is no such file', 'name none to use'],
    [
      'is missing and named by the environment',
      () => openConfig(undefined, { cwd, env: { GROQ_CONFIG_PATH: 'no.json' } }),
      'no.json: there is no such file',
      'environment variable GROQ_CONFIG_PATH, which names it',
    ],
    ['is a folder', () => openConfig('.', { cwd, env: {} }), '.: is a folder, not a file', 'name another'],
  ])('%s', (_, open, problem, remedy) => {
    const { message, issues } = configErrorOf(open);
    expect(message).toContain(problem);
    expect(message).toContain(`looked for ${cwd}`);
    expect(message).toContain(remedy);
    expect(issues).toEqual([{ path: '', message }]);
  });

  test('is not UTF-8', () => {
    writeFileSync(join(cwd, 'config.json'), Buffer.from('{}', 'utf16le').fill(0xff, 0, 1));
    const { message } = configErrorOf(() => openConfig(undefined, { cwd, env: {} }));
    expect(message).toContain('config.json: is not UTF-8 text');
    expect(message).toContain('remove it to use the built-in models');
  });

  test('is wrong: the message begins with the path as it was given', () => {
    write('bad.json', '{ "m": 5 }');
    expect(configErrorOf(() => openConfig('bad.json', { cwd, env: {} })).message).toBe(
      'bad.json:1:3 m: expected an object, got 5',
    );
  });
});

describe('opening again', () => {
  test('reads the file and the environment anew', () => {
    const env: Record<string, string> = { KEY: 'one' };
    write('config.json', '{ "a": { "api_key": "${KEY}" } }');
    openConfig(undefined, { cwd, env });
    env.KEY = 'two';
    write('config.json', '{ "b": { "api_key": "${KEY}" } }');
    const { initial } = openConfig(undefined, { cwd, env });
    expect(apiKeyOf(initial!.entry('b')!)).toBe('two');
  });
});

describe('changes$', () => {
  test.each([
    ['an object', () => openConfig({ a: {} }, { env: {}, watch: true })],
    ['the built-in table', () => openConfig(undefined, { cwd, env: {}, watch: true })],
    [
      'a file that is not watched',
      () => {
        write('config.json', { a: {} });
        return openConfig(undefined, { cwd, env: {} });
      },
    ],
  ])('of %s completes at once', async (_, open) => {
    expect(await firstValueFrom(open().changes$.pipe(toArray()))).toEqual([]);
  });
});

describe('a file that is followed', () => {
  /** Follows ./config.json; `next()` is the next update that has not been asked for yet. */
  function follow() {
    const { changes$ } = openConfig('config.json', { cwd, env: {}, watch: true });
    const updates = new ReplaySubject<ConfigUpdate>();
    const subscription = changes$.subscribe(updates);
    let asked = 0;
    const next = async () => {
      asked += 1;
      return (await firstValueFrom(updates.pipe(take(asked), toArray()))).at(-1)!;
    };
    return { next, updates, changes$, [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  test('gives each new content, written in place or put there by rename as editors do', async () => {
    write('config.json', { a: {} });
    using file = follow();
    write('config.json', { b: {} });
    expect(namesOf(await nextGood(file.next))).toEqual(['b']);
    write('config.json.tmp', { c: {} });
    renameSync(join(cwd, 'config.json.tmp'), join(cwd, 'config.json'));
    expect(namesOf(await file.next())).toEqual(['c']);
    write('config.json.tmp', { d: {} });
    renameSync(join(cwd, 'config.json.tmp'), join(cwd, 'config.json'));
    expect(namesOf(await file.next())).toEqual(['d']);
  });

  test('is silent where the content stayed the same, and reports a broken one once', async () => {
    write('config.json', { a: {} });
    using file = follow();
    replace({ a: {} });
    replace('{ "a": { "req_per_minute": ');
    expect(namesOf(await file.next())).toBe('config.json:1:28 expected a value');
    replace('{ "a": { "req_per_minute": ');
    replace({ b: {} });
    expect(namesOf(await file.next())).toEqual(['b']);
  });

  test('that vanishes is reported, and is followed when it comes back', async () => {
    write('config.json', { a: {} });
    using file = follow();
    rmSync(join(cwd, 'config.json'));
    expect(namesOf(await file.next())).toContain('config.json: there is no such file');
    replace({ b: {} });
    expect(namesOf(await file.next())).toEqual(['b']);
  });

  test('that changed between opening and subscribing is noticed', async () => {
    write('config.json', { a: {} });
    const { changes$ } = openConfig('config.json', { cwd, env: {}, watch: true });
    replace({ b: {} });
    expect(namesOf(await firstValueFrom(changes$))).toEqual(['b']);
  });

  test('through links is noticed when one of them leads elsewhere', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(join(cwd, version));
      write(`${version}/config.json`, { [`v${version}`]: {} });
    }
    symlinkSync('1', join(cwd, 'data'));
    symlinkSync('data/config.json', join(cwd, 'config.json'));
    using file = follow();
    symlinkSync('2', join(cwd, 'data.new'));
    renameSync(join(cwd, 'data.new'), join(cwd, 'data'));
    expect(namesOf(await file.next())).toEqual(['v2']);
  });

  test('whose folder is gone before it is watched ends with a report', async () => {
    write('config.json', { a: {} });
    const { changes$ } = openConfig('config.json', { cwd, env: {}, watch: true });
    rmSync(cwd, { recursive: true });
    const [update, ...rest] = await firstValueFrom(changes$.pipe(toArray()));
    expect(namesOf(update!)).toContain("config.json can't be followed any more");
    expect(rest).toEqual([]);
  });

  test('is let go on unsubscribing, and each subscription follows by itself', async () => {
    write('config.json', { a: {} });
    const { changes$ } = openConfig('config.json', { cwd, env: {}, watch: true });
    const left: ConfigUpdate[] = [];
    changes$.subscribe(update => left.push(update)).unsubscribe();
    const other = firstValueFrom(changes$);
    const seen = new Promise(resolve => {
      const watcher = watch(cwd, () => resolve(watcher.close()));
    });
    replace({ b: {} });
    await Promise.all([other, seen]);
    expect(left).toEqual([]);
  });

  test('leaves no watcher open after unsubscribing', async () => {
    write('config.json', { a: {} });
    const { changes$ } = openConfig('config.json', { cwd, env: {}, watch: true });
    const open = new Set<number>();
    const closed = new Promise<void>(resolve => {
      const hook = createHook({
        init(id, type) {
          if (type === 'FSEVENTWRAP') open.add(id);
        },
        destroy(id) {
          if (!open.delete(id) || open.size > 0) return;
          hook.disable();
          resolve();
        },
      }).enable();
    });
    const subscription = changes$.subscribe();
    expect(open.size).toBe(1);
    subscription.unsubscribe();
    await closed;
  });

  test('does not keep Node alive', async () => {
    write('config.json', { a: {} });
    const index = new URL('../../src/config/index.ts', import.meta.url);
    const script = `
      import { openConfig } from ${JSON.stringify(index.href)};
      openConfig(${JSON.stringify(join(cwd, 'config.json'))}, { watch: true }).changes$.subscribe();
      console.log('following');`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
    expect(stdout).toBe('following\n');
  });

  /** As an editor does it: nobody ever sees half of the file. */
  function replace(config: ChatConfig | string) {
    write('config.json.tmp', config);
    renameSync(join(cwd, 'config.json.tmp'), join(cwd, 'config.json'));
  }

  /** A file that is written in place may be seen while it is still empty. */
  async function nextGood(next: () => Promise<ConfigUpdate>): Promise<ConfigUpdate> {
    const update = await next();
    return update.ok ? update : nextGood(next);
  }
});

describe('an Observable of configurations', () => {
  test('gives its first through changes$, in the same turn', () => {
    const { initial, changes$ } = openConfig(new BehaviorSubject({ a: {} }), { env: {} });
    expect(initial).toBeUndefined();
    const updates: ConfigUpdate[] = [];
    changes$.subscribe(update => updates.push(update)).unsubscribe();
    expect(updates.map(namesOf)).toEqual([['a']]);
  });

  test('goes on after one that is wrong', () => {
    const source = new Subject<ChatConfig>();
    const updates: ConfigUpdate[] = [];
    openConfig(source, { env: {} }).changes$.subscribe(update => updates.push(update));
    source.next({ a: {} });
    source.next({ a: { req_per_minute: 0 } });
    source.next({ b: {} });
    expect(updates.map(namesOf)).toEqual([['a'], 'a.req_per_minute: expected a positive integer or -1, got 0', ['b']]);
  });

  test('that fails is reported once, its cause kept but not quoted', () => {
    const cause = new Error(`401 for ${realKey}`);
    const source = new Observable<ChatConfig>(subscriber => subscriber.error(cause));
    const updates: ConfigUpdate[] = [];
    let completed = false;
    openConfig(source, { env: {} }).changes$.subscribe({
      next: update => updates.push(update),
      complete: () => {
        completed = true;
      },
    });
    expect(updates).toHaveLength(1);
    const { error } = updates[0] as Extract<ConfigUpdate, { ok: false }>;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.cause).toBe(cause);
    expect(error.message).not.toContain(realKey);
    expect(completed).toBe(true);
  });

  test('whose value can not even be read is reported', () => {
    const trap = Object.defineProperty({}, 'a', {
      enumerable: true,
      get() {
        throw new Error('trap');
      },
    });
    const updates: ConfigUpdate[] = [];
    openConfig(of(trap as ChatConfig), { env: {} }).changes$.subscribe(update => updates.push(update));
    expect(updates.map(namesOf)).toEqual(['the configuration can not be read']);
  });

  test('is let go on unsubscribing', () => {
    const source = new Subject<ChatConfig>();
    const subscription = openConfig(source, { env: {} }).changes$.subscribe();
    expect(source.observed).toBe(true);
    subscription.unsubscribe();
    expect(source.observed).toBe(false);
  });
});
