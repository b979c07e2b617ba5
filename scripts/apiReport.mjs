/** What the built package promises: the declarations of all that its entries export, and of what these mention. Comments are left out. */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Name → its declarations' file. */
const entries = Object.entries(/** @type {Record<string, { types?: string }>} */ (manifest.exports)).flatMap(
  ([path, { types }]) => (types ? [{ name: join(manifest.name, path), file: join(root, types) }] : []),
);

/** @returns {string} as Markdown */
export function apiReport() {
  const program = programOf(entries.map(({ file }) => file));
  const checker = program.getTypeChecker();
  /** @type {Map<ts.Symbol, string>} by which entry, and under which name */
  const exported = new Map();
  /** @type {Set<ts.Symbol>} */
  const mentioned = new Set();
  const sections = entries.map(({ name, file }) => {
    const module = checker.getSymbolAtLocation(/** @type {ts.SourceFile} */ (program.getSourceFile(file)));
    const all = checker.getExportsOfModule(/** @type {ts.Symbol} */ (module));
    const texts = all.sort(byName).map(symbol => {
      const own = aliased(checker, symbol);
      const elsewhere = exported.get(own);
      if (elsewhere !== undefined) return `export { ${symbol.name} } from '${elsewhere}';`;
      exported.set(own, name);
      const alias = own.name === symbol.name ? '' : `\nexport { ${own.name} as ${symbol.name} };`;
      return declarationsOf(own, alias === '') + alias;
    });
    return `## ${name}\n\n${block(texts)}`;
  });

  const waiting = [...exported.keys()];
  for (let symbol = waiting.pop(); symbol; symbol = waiting.pop()) {
    for (const other of namesIn(checker, symbol)) {
      if (exported.has(other) || mentioned.has(other)) continue;
      mentioned.add(other);
      waiting.push(other);
    }
  }
  const others = [...mentioned].map(symbol => declarationsOf(symbol, false)).sort();
  const hint = 'Exported by none of them, but part of what they promise.';
  return `${[head, ...sections, `## Mentioned\n\n${hint}\n\n${block(others)}`].join('\n\n')}\n`;
}

const head = `# The public surface

Written by \`npm run api\` from the built declarations; a test compares. A change here is a change for users.`;

/**
 * Of our own declarations alone: what other packages declare has nothing to say here, and to read it takes seconds.
 * @param {readonly string[]} files
 */
function programOf(files) {
  /** @type {ts.CompilerOptions} */
  const options = { noLib: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) => {
      const file = text.startsWith('.') ? resolve(dirname(from), text) : manifest.imports[text]?.default;
      if (file === undefined) return { resolvedModule: undefined };
      const resolvedFileName = resolve(root, file.replace(/\.js$/, '.d.ts'));
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Dts } };
    });
  return ts.createProgram([...files], options, host);
}

/** @param {ts.TypeChecker} checker @param {ts.Symbol} symbol */
function aliased(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The statements that declare it. @param {ts.Symbol} symbol */
function statementsOf({ declarations = [] }) {
  const statements = declarations.map(node => (ts.isVariableDeclaration(node) ? node.parent.parent : node));
  return statements.filter(node => ts.isSourceFile(node.parent));
}

/** Top-level names of ours in its declarations. @param {ts.TypeChecker} checker @param {ts.Symbol} symbol */
function namesIn(checker, symbol) {
  /** @type {ts.Symbol[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = node => {
    const target = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
    if (target) found.push(aliased(checker, target));
    ts.forEachChild(node, visit);
  };
  for (const statement of statementsOf(symbol)) visit(statement);
  return found.filter(name => statementsOf(name).length > 0);
}

const printer = ts.createPrinter({ removeComments: true });

/** @param {ts.Symbol} symbol @param {boolean} isExported */
function declarationsOf(symbol, isExported) {
  const texts = statementsOf(symbol).map(node => {
    const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
    const bare = text.replace(/^(export )?(declare )?/, isExported ? 'export ' : '');
    const open = bare.replace(/^ +(#private|private .*);\n/gm, '');
    return open.replace(/^ +/gm, indent => indent.slice(indent.length / 2));
  });
  if (texts.length === 0) throw new Error(`no declaration of ${symbol.name}`);
  return texts.join('\n');
}

/** @param {readonly string[]} texts */
function block(texts) {
  return `\`\`\`ts\n${texts.join('\n')}\n\`\`\``;
}

/** @param {ts.Symbol} a @param {ts.Symbol} b */
function byName({ name: a }, { name: b }) {
  return a < b ? -1 : 1;
}
