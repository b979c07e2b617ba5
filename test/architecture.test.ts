import { readdirSync, readFileSync } from 'node:fs';
import { cruise, type ICruiseResult, type IModule } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

/** A row of CONTRIBUTING.md's table. */
interface Row {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const table = readTable(readFileSync('CONTRIBUTING.md', 'utf8'));
const { modules, summary } = (
  await cruise(['src'], {
    tsPreCompilationDeps: true, // imports of types are imports
    doNotFollow: { path: '^(node_modules|dist)' },
    ruleSet: {
      forbidden: [{ name: 'cycle', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } }],
    },
    validate: true,
  })
).output as ICruiseResult;
const own = modules.filter(({ source }) => source.startsWith('src/'));

describe('the table of folders in CONTRIBUTING.md', () => {
  it('was held against the whole of src', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(100);
    expect(own.map(({ source }) => source).sort()).toEqual(files.map(file => `src/${file}`).sort());
  });

  it('has a row for each folder, and no other', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect([...table.keys()].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('allows every import that there is', () => {
    expect(own.flatMap(({ source, dependencies }) => dependencies.flatMap(to => offence(source, to)))).toEqual([]);
  });

  it('allows nothing that is not needed', () => {
    const used = new Set(
      own.flatMap(({ source, dependencies }) => dependencies.map(to => `${folderOf(source)} → ${nameOf(to)}`)),
    );
    const allowed = [...table].flatMap(([folder, row]) =>
      [...row.folders, ...row.packages].map(name => `${folder} → ${name}`),
    );
    expect(allowed.filter(arrow => !used.has(arrow))).toEqual([]);
  });

  it('leaves no cycle between files when they run', () => {
    expect(summary.violations.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });
});

function readTable(markdown: string): Map<string, Row> {
  const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  const rows = [...markdown.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|$/gm)];
  return new Map(
    rows.map(([, folder, folders, packages]) => [folder!, { folders: names(folders!), packages: names(packages!) }]),
  );
}

type Dependency = IModule['dependencies'][number];

function offence(source: string, to: Dependency): string[] {
  const folder = folderOf(source);
  const target = folderOf(to.resolved);
  if (folder === undefined || folder === target) return []; // src/index.ts names the public surface
  const row = table.get(folder)!;
  if (target === undefined) return row.packages.includes(nameOf(to)) ? [] : [`${source} → ${to.module}`];
  const door = target === 'operators' || to.resolved === `src/${target}/index.ts` || isInnerDoor(source, to);
  return row.folders.includes(target) && door ? [] : [`${source} → ${to.resolved}`];
}

/** What is for one folder alone is not in the public index: `annotate` for the client, `passThrough` for the relay. */
function isInnerDoor(source: string, to: Dependency): boolean {
  const doors: Record<string, string> = { client: 'src/errors/ChatError.ts', relay: 'src/client/passage.ts' };
  return doors[folderOf(source)!] === to.resolved;
}

function folderOf(path: string): string | undefined {
  return /^(?:src|dist)\/(\w+)\//.exec(path)?.[1]; // dist: where package.json's `imports` lead
}

/** A package's name, or a folder's. */
function nameOf({ module, resolved, coreModule }: Dependency): string {
  if (coreModule) return `node:${resolved}`;
  return (
    folderOf(resolved) ?? (module.startsWith('@') ? module.split('/').slice(0, 2).join('/') : module.split('/')[0]!)
  );
}
