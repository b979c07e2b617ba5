/** Reads one JSON value as its text comes. */
export interface JsonReader {
  /** The next piece of the text, cut anywhere. */
  feed(text: string): void;
  /** The text has ended. */
  end(): void;
  /** Rises whenever `value()` would give more than before. */
  version(): number;
  /** The value so far; undefined before it begins. Never changes afterwards: parts that were closed are shared, the open ones copied. */
  value(): unknown;
  /** The value has been read to its end. */
  whole(): boolean;
  /** Where a character stands that JSON doesn't allow there, counted from 0; undefined if all is well. */
  wrongAt(): number | undefined;
}

type Container = unknown[] | Record<string, unknown>;

/** What may come next. */
type Expected = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'comma' | 'string' | 'word' | 'nothing';

const space = /^[ \t\n\r]$/;
const words = ['true', 'false', 'null'];
const openEscape = /^\\u[\da-fA-F]{0,3}$/;

/**
 * The grammar of RFC 8259, as `JSON.parse` has it, one character after the other: each is looked at once. A string grows as it comes;
 * numbers, `true`, `false`, `null` and keys come whole, since a part of them would be another value.
 */
export function jsonReader(): JsonReader {
  /** Open containers, outermost first, each with the key at which its open part will stand. */
  const open: { readonly container: Container; key: string }[] = [];
  let expected: Expected = 'value';
  let root: unknown;
  let version = 0;
  let position = 0;
  let wrong: number | undefined;
  /** The string or word under way, and what is open of an escape: `\` or `\u12`. */
  let part = '';
  let escaped = '';
  /** The string ends with the first half of a character; to look at `part` for it would copy all of it each time. */
  let half = false;
  let isKey = false;
  /** The word is none of `words`. */
  let isNumber = false;

  const close = (value: unknown): void => {
    const parent = open.at(-1);
    if (!parent) root = value;
    else put(parent.container, parent.key, value);
    expected = parent ? 'comma' : 'nothing';
  };
  const begin = (container: Container): void => {
    open.push({ container, key: '' });
    version++;
    expected = Array.isArray(container) ? 'first item' : 'first key';
  };
  const end = (isArray: boolean): boolean => {
    const { container } = open.at(-1) ?? {};
    if (!container || Array.isArray(container) !== isArray) return false;
    open.pop();
    close(container);
    return true;
  };
  const endWord = (): boolean => {
    let value: unknown;
    try {
      value = JSON.parse(part);
    } catch {
      return false;
    }
    close(value);
    version++;
    part = '';
    return true;
  };
  const beginValue = (character: string): boolean => {
    if (character === '{') begin({});
    else if (character === '[') begin([]);
    else if (character === '"') {
      expected = 'string';
      isKey = false;
      version++;
    } else if (/[-\dtfn]/.test(character)) {
      part = character;
      isNumber = /[-\d]/.test(character);
      expected = 'word';
    } else return false;
    return true;
  };

  /** @returns whether it may stand there */
  const read = (character: string): boolean => {
    if (expected === 'word') {
      if (/[\w.+-]/.test(character)) {
        part += character;
        // To look at all of a number for each digit would be quadratic: whether it is one shows at its end.
        return isNumber ? /[\d.eE+-]/.test(character) : words.some(word => word.startsWith(part));
      }
      if (!endWord()) return false;
    }
    if (space.test(character)) return true;
    switch (expected) {
      case 'value':
        return beginValue(character);
      case 'first item':
        return character === ']' ? end(true) : beginValue(character);
      case 'first key':
      case 'key':
        if (character === '}') return expected === 'first key' && end(false);
        expected = 'string';
        isKey = true;
        return character === '"';
      case 'colon':
        expected = 'value';
        return character === ':';
      case 'comma':
        if (character === ']' || character === '}') return end(character === ']');
        expected = Array.isArray(open.at(-1)!.container) ? 'value' : 'key';
        return character === ',';
      default:
        return false;
    }
  };
  /** Reads within a string from `from` on; returns where it stopped. */
  const readString = (text: string, from: number): number => {
    let at = from;
    while (at < text.length) {
      const character = text[at]!;
      if (escaped !== '') {
        escaped += character;
        if (!readEscape()) return fail(at);
        at++;
      } else if (character === '"') {
        endString();
        return at + 1;
      } else if (character === '\\') {
        escaped = character;
        at++;
      } else if (character < ' ') {
        return fail(at);
      } else {
        const start = at;
        while (at < text.length && text[at] !== '"' && text[at] !== '\\' && text[at]! >= ' ') at++;
        append(text.slice(start, at));
      }
    }
    return at;
  };
  const append = (text: string): void => {
    const shown = part.length - Number(half);
    part += text;
    half = isFirstHalf(text.charCodeAt(text.length - 1));
    if (!isKey && part.length - Number(half) > shown) version++;
  };
  const readEscape = (): boolean => {
    if (openEscape.test(escaped)) return true;
    try {
      append(JSON.parse(`"${escaped}"`));
    } catch {
      return false;
    }
    escaped = '';
    return true;
  };
  const endString = (): void => {
    if (isKey) {
      open.at(-1)!.key = part;
      expected = 'colon';
    } else {
      if (half) version++;
      close(part);
    }
    part = '';
    half = false;
  };
  const fail = (at: number): number => {
    wrong = position + at;
    return Number.POSITIVE_INFINITY;
  };

  return {
    feed(text) {
      let at = 0;
      while (at < text.length && wrong === undefined) {
        if (expected === 'string') at = readString(text, at);
        else if (read(text[at]!)) at++;
        else fail(at);
      }
      position += text.length;
    },
    end() {
      // A number at top level has no end of its own.
      if (wrong === undefined && expected === 'word' && open.length === 0) endWord();
    },
    version: () => version,
    value() {
      let value: unknown;
      if (expected === 'string' && !isKey) value = half ? part.slice(0, -1) : part;
      if (open.length === 0) return value ?? root;
      for (let depth = open.length - 1; depth >= 0; depth--) {
        const { container, key } = open[depth]!;
        const copy: Container = Array.isArray(container) ? container.slice() : { ...container };
        if (value !== undefined) put(copy, key, value);
        value = copy;
      }
      return value;
    },
    whole: () => wrong === undefined && expected === 'nothing',
    wrongAt: () => wrong,
  };
}

function put(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else if (key !== '__proto__') container[key] = value;
  // An assignment to that would not make a property.
  else Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

function isFirstHalf(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdbff;
}
