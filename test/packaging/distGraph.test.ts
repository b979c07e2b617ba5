import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from '../readme/folders.js';
import { manifest } from '../readme/manifest.js';
import { filesIn } from './pack.js';

const dist = join(root, 'dist');
const built = filesIn(dist).filter(file => file.endsWith('.js'));
type Graph = ReadonlyMap<string, readonly string[]>;

/** Each built module with what it imports: paths within dist, or names of packages. */
const graph = graphFor('default');
/** The same, as bundlers for a browser see it. */
const browserGraph = graphFor('browser');

function graphFor(condition: 'default' | 'browser'): Graph {
  return new Map(built.map(file => [file, importsOf(file, condition)]));
}

function importsOf(file: string, condition: 'default' | 'browser'): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(dist, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => {
    if (fileName.startsWith('#')) return manifest.imports[fileName]![condition].replace('./dist/', '');
    return fileName.startsWith('.') ? join(file, '..', fileName) : fileName;
  });
}

function reachable(entry: string, from: Graph = graph): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    from.get(file)?.forEach(visit);
  };
  visit(entry);
  return found;
}

/** The first way round that is found, the module it began with at both ends. */
function cycle(graph: Graph): readonly string[] {
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
    expect(cycle(graph)).toEqual([]);
    expect(cycle(browserGraph)).toEqual([]);
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

  it.each(['index.js', 'angular/index.js', 'testing/index.js'])(
    'of %s are nothing for Node alone, in a browser',
    entry => {
      const modules = [...reachable(entry, browserGraph)];
      expect(modules.length).toBeGreaterThan(50);
      const nodeOnly = (name: string): boolean =>
        name.startsWith('node:') || builtinModules.includes(name) || name === 'undici';
      expect(modules.filter(nodeOnly)).toEqual([]);
      // `globalThis.process?.env` is how environment.ts asks whether there is one.
      const globals = /(?<![\w.'`$])(process|Buffer|setImmediate|__dirname|require)\b(?=[.(])/;
      const telling = modules.filter(file => browserGraph.has(file) && globals.test(codeOf(file)));
      expect(telling).toEqual([]);
      expect(globals.test(codeOf('estimate/warn.js'))).toBe(true);
    },
  );

  it('that differ in a browser stand beside what they replace, and export the same', () => {
    for (const [name, { default: file, browser }] of Object.entries(manifest.imports)) {
      expect([name, browser]).toEqual([`#${file.replace(/^.*\/|\.js$/g, '')}`, file.replace(/js$/, 'browser.js')]);
      expect(exportsOf(browser)).toEqual(exportsOf(file).filter(exported => exportsOf(browser).includes(exported)));
      expect(exportsOf(browser).length).toBeGreaterThan(0);
    }
  });
});

/** Without its comments. */
function codeOf(file: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true };
  return ts.transpileModule(readFileSync(join(dist, file), 'utf8'), { compilerOptions }).outputText;
}

function exportsOf(file: string): readonly string[] {
  const code = readFileSync(join(root, file), 'utf8');
  return [...code.matchAll(/^export (?:async )?(?:function|const|class) (\w+)|^export \{ (?:\w+ as )?(\w+) \}/gm)].map(
    ([, declared, passedOn]) => (declared ?? passedOn)!,
  );
}
