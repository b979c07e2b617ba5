import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiReport } from '../../scripts/apiReport.mjs';
import { root } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';

const report = readFileSync(join(root, 'docs/api.md'), 'utf8');

it('docs/api.md has every public signature as it is now; if that shall be so: npm run api', () => {
  expect(report).toBe(apiReport());
});

it('each public name has a type test', () => {
  const folder = join(root, 'test/types');
  const tested = readdirSync(folder)
    .map(file => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const names = [...report.matchAll(/^export (?:(?:abstract )?class|function|const|type|interface) (\w+)/gm)].map(
    ([, name]) => name!,
  );
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter(name => !new RegExp(`\\b${name}\\b`).test(tested))).toEqual([]);
});

it.each(Object.keys(manifest.exports).filter(path => !path.endsWith('.json')))('names all of %s', async path => {
  const entry = join(manifest.name, path);
  const section = report.split(/^## /m).find(text => text.startsWith(`${entry}\n`));
  const missing = Object.keys(await import(entry)).filter(
    name =>
      !new RegExp(`^export ((abstract )?class|function|const) ${name}\\b|^export \\{ ${name} `, 'm').test(section!),
  );
  expect(missing).toEqual([]);
});
