import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { pack } from './pack.js';

const packed = pack();
afterAll(packed.remove);

const read = (file: string): string => readFileSync(join(packed.folder, file), 'utf8');

describe('the tarball', () => {
  it('holds nothing but what is built, described and licensed', () => {
    const others = packed.files.filter(file => !file.startsWith('dist/')).sort();
    expect(others).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'config.schema.json', 'package.json']);
    expect(packed.files.filter(file => !/\.(js|d\.ts|js\.map|d\.ts\.map|json|md)$|^LICENSE$/.test(file))).toEqual([]);
  });

  it('holds nothing that was built of a source that is gone', () => {
    const built = packed.files.filter(file => file.startsWith('dist/'));
    const sourceOf = (file: string): string => file.replace('dist/', 'src/').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    expect(built.filter(file => !existsSync(join(root, sourceOf(file))))).toEqual([]);
  });

  it('has every file that the manifest names', () => {
    const named = JSON.stringify([Object.values(manifest.exports), manifest.bin]).match(/\.\/[^"]+(?=")/g)!;
    expect(named.length).toBeGreaterThan(5);
    for (const file of named) expect(packed.files).toContain(file.slice(2));
  });

  it('names no path of the machine that built it', () => {
    const telling = [root, `${homedir()}/`, 'file:///'];
    const files = packed.files.filter(file => telling.some(path => read(file).includes(path)));
    expect(files).toEqual([]);
  });

  it('has programs that can be started', () => {
    for (const file of Object.values(manifest.bin)) expect(read(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('leaves publint nothing to say', async () => {
    const { messages } = await publint({ pkgDir: packed.folder, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  it('leaves are-the-types-wrong nothing to say', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const args = [attw, packed.file, '--profile', 'esm-only', '--format', 'json'];
    const { analysis } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: root }));
    expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(manifest.exports).sort());
    const esm = analysis.problems.filter(({ resolutionKind }: { resolutionKind?: string }) =>
      /esm|bundler/.test(resolutionKind ?? 'esm'),
    );
    expect(esm).toEqual([]);
  }, 120_000);
});
