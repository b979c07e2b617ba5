import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { filesIn } from './pack.js';

const dist = join(root, 'dist');
/** Each built module with what it imports: paths within dist, or names of packages. */
const graph = new Map(
  filesIn(dist)
    .filter(file => file.endsWith('.js'))
    .map(file => [file, importsOf(file)] as const),
);

function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(dist, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => (fileName.startsWith('.') ? join(file, '..', fileName) : fileName));
}

function reachable(entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    graph.get(file)?.forEach(visit);
  };
  visit(entry);
  return found;
}

/** The first way round that is found, the module it began with at both ends. */
function cycle(): readonly string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const found = walk(next, [...path, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  return [...graph.keys()].map(file => walk(file, [])).find(found => found.length > 0) ?? [];
}

describe('the built modules', () => {
  it('are all there', () => {
    expect(graph.size).toBeGreaterThan(100);
    const missing = [...graph.values()].flat().filter(name => name.endsWith('.js') && !graph.has(name));
    expect(missing).toEqual([]);
  });

  it('import each other in one direction only', () => {
    expect(cycle()).toEqual([]);
  });

  it('import no package that is not declared', () => {
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const packages = new Set(
      [...graph.values()]
        .flat()
        .filter(name => !name.endsWith('.js') || !graph.has(name))
        .filter(name => !name.startsWith('node:'))
        .map(name =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    expect([...packages].filter(name => builtinModules.includes(name))).toEqual([]);
    expect([...packages].sort()).toEqual(declared.sort());
  });

  it('of the main entry know neither the simulator nor the testing tools', () => {
    const main = reachable('index.js');
    expect(main.size).toBeGreaterThan(50);
    expect([...main].filter(file => /^(simulator|testing)\//.test(file))).toEqual([]);
  });

  it('of the simulator do not know the pacing that it judges', () => {
    const simulator = [...reachable('simulator/index.js')].filter(name => graph.has(name));
    expect(simulator.length).toBeGreaterThan(10);
    expect(simulator.filter(file => !file.startsWith('simulator/'))).toEqual([]);
  });
});
