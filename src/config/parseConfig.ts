import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Catalogue, toCatalogue } from './Catalogue.js';
import { check } from './check.js';
import { type Environment, environment } from './environment.js';
import { type Mistake, toConfigError } from './mistakes.js';
import { type Position, type PositionAt, positionsIn } from './positions.js';

export interface ParseConfigOptions {
  /** The file's name, for messages. */
  readonly path?: string | undefined;
  /** @default the process's own environment */
  readonly env?: Environment | undefined;
}

/**
 * Reads a configuration file's text: JSON with comments and trailing commas.
 * @throws ConfigError with all mistakes at once, each with line and column
 */
export function parseConfig(text: string, { path, env = environment() }: ParseConfigOptions = {}): Catalogue {
  const source = text.replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const root = toTree(source, errors);
  if (root === 'too deep') throw toConfigError([{ path: [], text: 'nested too deeply to be a configuration' }], path);
  if (root === undefined && errors[0]?.offset === source.length) {
    throw toConfigError([{ path: [], text: 'the file is empty, expected an object of models by name' }], path);
  }

  const positionAt = positionsIn(source);
  const duplicates: Mistake[] = [];
  const { written, mistakes } = check(root && toValue(root, [], positionAt, duplicates), env);
  const readUpTo = trustedLength(errors);
  const placed = [...duplicates, ...mistakes].flatMap(mistake => {
    const node = root && find(root, mistake.path);
    if (!node || node.offset + node.length > readUpTo) return [];
    // A property is shown where its name stands: with several on a line, one sees which.
    return [{ ...mistake, position: positionAt(node.offset) }];
  });
  const all = [...syntaxMistakes(errors, positionAt), ...placed];
  if (all.length > 0) throw toConfigError(all, path);
  return toCatalogue(written);
}

/** The parser is recursive: what overflows its stack is no configuration, whatever else it is. */
function toTree(text: string, errors: ParseError[]): Node | undefined | 'too deep' {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) return 'too deep';
    throw error;
  }
}

// --- from tree to value ---

/** jsonc-parser's own getNodeValue would set a prototype where the text says `__proto__`; and nothing of ours is nested deeper. */
function toValue(node: Node, path: readonly PropertyKey[], positionAt: PositionAt, duplicates: Mistake[]): unknown {
  if (path.length > 5) return null;
  if (node.type === 'array') {
    return node.children?.map((item, index) => toValue(item, [...path, index], positionAt, duplicates));
  }
  if (node.type !== 'object') return node.value;

  const result: Record<string, unknown> = Object.create(null);
  const first = new Map<string, Node>();
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (!key || !value) continue;
    const name: string = key.value;
    const earlier = first.get(name);
    if (earlier) {
      const { line } = positionAt(earlier.offset);
      duplicates.push({ path: [...path, name], text: `given twice, first on line ${line}` });
    } else first.set(name, key);
    result[name] = toValue(value, [...path, name], positionAt, duplicates);
  }
  return result;
}

/** The property or item at a path, or what comes nearest to it where it is missing; of duplicates the last, which counts. */
function find(root: Node, path: readonly PropertyKey[]): Node {
  let place = root;
  let value: Node | undefined = root;
  for (const key of path) {
    const next: Node | undefined =
      typeof key === 'number'
        ? value?.children?.[key]
        : value?.children?.findLast(property => property.children?.[0]?.value === key);
    if (!next) break;
    place = next;
    value = next.type === 'property' ? next.children?.[1] : next;
  }
  return place;
}

// --- syntax ---

const expectations: Readonly<Record<string, string>> = {
  InvalidSymbol: 'expected a value or a name in double quotes',
  InvalidNumberFormat: 'expected a number',
  PropertyNameExpected: 'expected a name in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma before this',
  CloseBraceExpected: 'expected a closing brace }',
  CloseBracketExpected: 'expected a closing bracket ]',
  EndOfFileExpected: 'expected nothing more after the closing brace',
  UnexpectedEndOfComment: 'this comment does not end',
  UnexpectedEndOfString: 'this string does not end on its line',
  UnexpectedEndOfNumber: 'this number is cut off',
  InvalidUnicode: 'expected four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'expected one of " \\ / b f n r t u after a backslash',
  InvalidCharacter: 'a control character must be written as an escape (\\t, \\n, \\u…)',
};

/** The first on each line: what follows there is mostly its echo. */
function syntaxMistakes(
  errors: readonly ParseError[],
  positionAt: PositionAt,
): readonly (Mistake & { position: Position })[] {
  const byLine = new Map<number, Mistake & { position: Position }>();
  for (const { error, offset } of errors) {
    const position = positionAt(offset);
    const expectation = expectations[printParseErrorCode(error)] ?? 'this is not JSON';
    if (!byLine.has(position.line)) byLine.set(position.line, { path: [], text: expectation, position });
  }
  return [...byLine.values()];
}

/** Up to where the tree is what was written. A missing comma leaves it so; behind any other mistake the parser has guessed. */
function trustedLength(errors: readonly ParseError[]): number {
  const guess = errors.find(({ error }) => printParseErrorCode(error) !== 'CommaExpected');
  return guess?.offset ?? Number.POSITIVE_INFINITY;
}
