import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { difference } from '../readme/printed.js';
import { layDown, programs, type Resolution, runProgram, typecheck } from '../readme/programs.js';
import { type Outcome, runNode } from '../readme/runNode.js';
import { npm, pack } from './pack.js';

/*
 * The package as a user gets it: packed, then installed into an empty folder, together with rxjs. There the README's programs are
 * checked by tsc and run.
 */

const folder = emptyFolder();
const entries = Object.keys(manifest.exports).map(name => join(manifest.name, name));
const modules = entries.filter(name => !name.endsWith('.json'));
const resolutions = ['nodenext', 'bundler'] as const satisfies readonly Resolution[];
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  const packed = pack();
  // Node's types: the programs use Node.
  npm(folder.path, 'install', '--prefer-offline', '--no-audit', '--no-fund', packed.file, 'rxjs@7.8', '@types/node@20');
  packed.remove();
  writeFileSync(
    join(folder.path, 'entries.ts'),
    modules.map((name, index) => `export * as m${index} from '${name}';`).join('\n'),
  );
  layDown(folder.path);
  const jobs = [
    ...resolutions.map(name => [name, () => typecheck(folder.path, name)] as const),
    ...programs.map(({ name }) => [name, () => runProgram(folder.path, name)] as const),
  ];
  const done = from(jobs).pipe(
    mergeMap(async ([name, run]) => outcomes.set(name, await run()), 3),
    toArray(),
  );
  await lastValueFrom(done);
}, 300_000);
afterAll(folder.remove, 60_000);

describe('the installed package', () => {
  it.each(modules)('%s can be imported, and nothing happens', async name => {
    const program = `
      const before = Object.getOwnPropertyNames(globalThis);
      const { length } = Object.keys(await import('${name}'));
      if (length === 0) throw new Error('no export');
      const added = Object.getOwnPropertyNames(globalThis).filter(name => !before.includes(name));
      if (!added.every(name => name.startsWith('__zod_'))) throw new Error('new globals: ' + added);
    `;
    // Without a handle left, Node ends by itself.
    expect(await node('--input-type=module', '--eval', program)).toEqual({ code: 0, stdout: '', stderr: '' });
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

  it.each(resolutions)('has types that resolve and hold, also in the programs of README.md, with %s', resolution => {
    expect(outcomes.get(resolution)).toEqual({ code: 0, stdout: '', stderr: '' });
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
