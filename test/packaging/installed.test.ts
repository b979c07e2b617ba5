import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { difference } from '../readme/printed.js';
import {
  layDown,
  needsMore,
  type Program,
  programs,
  type Resolution,
  runProgram,
  typecheck,
} from '../readme/programs.js';
import { type Outcome, runNode } from '../readme/runNode.js';
import { npm, pack } from './pack.js';

/*
 * The package as a user gets it: packed, then installed into an empty folder, together with rxjs; into another also with what some
 * of the README's programs need. There they are checked by tsc and run.
 */

interface Place {
  readonly name: string;
  readonly folder: ReturnType<typeof emptyFolder>;
  readonly packages: readonly string[];
  readonly modules: readonly string[];
  readonly programs: readonly Program[];
}

const entries = Object.keys(manifest.exports).map(name => join(manifest.name, name));
const resolutions = ['nodenext', 'bundler'] as const satisfies readonly Resolution[];
const outcomes = new Map<string, Outcome>();

const place = (name: string, packages: readonly string[], takes: (text: string) => boolean): Place => ({
  name,
  folder: emptyFolder(),
  packages: ['rxjs@7.8', '@types/node@20', ...packages], // Node's types: the programs use Node
  modules: entries.filter(entry => !entry.endsWith('.json') && takes(entry)),
  programs: programs.filter(({ code }) => takes(code)),
});
const angular = ['core', 'common', 'compiler', 'platform-browser'].map(name => `@angular/${name}@21`);
const places = [
  place('rxjs', [], text => !needsMore(text)),
  place('rxjs, Angular and an SDK', [...angular, 'happy-dom@20', 'openai@6'], needsMore),
] as const;
const [{ folder }] = places;

beforeAll(async () => {
  const packed = pack();
  for (const { folder, packages } of places) {
    npm(folder.path, 'install', '--prefer-offline', '--no-audit', '--no-fund', packed.file, ...packages);
  }
  packed.remove();
  const jobs = places.flatMap(({ name, folder, modules, programs }) => {
    const exported = modules.map((module, index) => `export * as m${index} from '${module}';`);
    writeFileSync(join(folder.path, 'entries.ts'), exported.join('\n'));
    layDown(folder.path, programs);
    return [
      ...resolutions.map(how => [`${name}, ${how}`, () => typecheck(folder.path, how)] as const),
      ...programs.map(program => [program.name, () => runProgram(folder.path, program)] as const),
    ];
  });
  const done = from(jobs).pipe(
    mergeMap(async ([name, run]) => outcomes.set(name, await run()), 3),
    toArray(),
  );
  await lastValueFrom(done);
}, 600_000);
afterAll(() => {
  for (const { folder } of places) folder.remove();
}, 300_000);

describe('the installed package', () => {
  const modules = places.flatMap(({ modules, folder }) => modules.map(name => ({ name, folder })));
  it.each(modules)('$name can be imported, and nothing happens', async ({ name, folder }) => {
    const program = `
      const before = Object.getOwnPropertyNames(globalThis);
      const { length } = Object.keys(await import('${name}'));
      if (length === 0) throw new Error('no export');
      const added = Object.getOwnPropertyNames(globalThis).filter(name => !before.includes(name));
      const others = /^__zod_|^ngDevMode$|^devtoolsFormatters$/; // of zod and of Angular
      if (!added.every(name => others.test(name))) throw new Error('new globals: ' + added);
    `;
    // Without a handle left, Node ends by itself.
    expect(await runNode(['--input-type=module', '--eval', program], folder.path)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it.each(entries.filter(name => name.endsWith('.json')))('%s can be required', async name => {
    const { stdout } = await node('--print', `typeof require('${name}')`);
    expect(stdout).toBe('object\n');
  });

  it.each(Object.keys(manifest.bin))('%s can be called', async name => {
    const file = join(folder.path, 'node_modules/.bin', name);
    expect(existsSync(file)).toBe(true);
    expect((await node(file, '--help')).stdout).toContain(name);
  });

  const checks = places.flatMap(({ name }) => resolutions.map(how => `${name}, ${how}`));
  it.each(checks)('has types that resolve and hold, also in the programs of README.md: with %s', check => {
    expect(outcomes.get(check)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('the programs of README.md print there what they say', () => {
  it.each(programs)('$heading, line $line', ({ name, code }) => {
    const { stdout, stderr, code: exitCode } = outcomes.get(name)!;
    expect(stderr).toBe('');
    expect(difference(code, stdout)).toBeUndefined();
    expect(exitCode).toBe(0);
  });
});

const node = (...args: string[]): Promise<Outcome> => runNode(args, folder.path);
