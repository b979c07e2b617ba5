import type { ChatChunk } from '../answer/index.js';

/** What a chunk's text stands in. */
type TextKey = 'content' | 'reasoning';

/** So many chunks in a row that are unlike the one before, and nobody looks for likeness any more. */
const patience = 8;
const quote = 34;
const backslash = 92;
const firstPrintable = 32;

/**
 * `JSON.parse` for the chunks of one stream. They mostly differ in nothing but their text; one like that is made as a copy of the one
 * before with another text, in a fifth of the time and with half the garbage. A property test holds it to `JSON.parse`.
 */
export class ChunkParser {
  private key: TextKey = 'content';
  /** What stood before and behind the newest chunk's text, the quotes included; '' = it was of another kind. */
  private before = '';
  private behind = '';
  /** The chunk with some text, once two chunks alike have come; null: it can't serve. */
  private model: ChatChunk | null | undefined;
  private misses = 0;

  /** @throws SyntaxError for what is no JSON */
  parse(data: string): ChatChunk {
    const { before, behind } = this;
    const begin = before.length;
    const end = data.length - behind.length;
    // Slices compared: V8 compares those as memory, but what `startsWith` is given character by character, in twice the time.
    if (begin === 0 || end < begin || data.slice(0, begin) !== before || data.slice(end) !== behind)
      return this.learn(data);
    const text = data.slice(begin, end);
    if (!isPlain(text)) return JSON.parse(data);
    this.misses = 0;
    if (this.model === undefined) this.model = modelOf(before, behind, this.key);
    return this.model ? withText(this.model, this.key, text) : JSON.parse(data);
  }

  private learn(data: string): ChatChunk {
    const chunk: ChatChunk = JSON.parse(data);
    if (this.misses >= patience) return chunk;
    this.misses++;
    this.before = '';
    this.model = undefined;
    const delta = deltaOf(chunk);
    if (!delta) return chunk;
    const key = typeof delta.content === 'string' ? 'content' : 'reasoning';
    const text = delta[key];
    if (typeof text !== 'string') return chunk;
    const name = `"${key}":"`;
    const begin = data.indexOf(name) + name.length;
    const end = begin + text.length;
    if (begin < name.length || data.charCodeAt(end) !== quote || !data.startsWith(text, begin)) return chunk;
    this.key = key;
    this.before = data.slice(0, begin);
    this.behind = data.slice(end);
    return chunk;
  }
}

/** Stands between quotes as itself. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote || code === backslash || code < firstPrintable) return false;
  }
  return true;
}

/** The chunk to copy; null where the text is not what changes, or where copies would share more than strings and numbers. */
function modelOf(before: string, behind: string, key: TextKey): ChatChunk | null {
  const [one, other] = ['a', 'b'].map((text): ChatChunk => JSON.parse(before + text + behind));
  const choice = one?.choices[0];
  const delta = one && deltaOf(one);
  // Two texts: had the delta two of the key, the second would stay as it is.
  if (!one || !choice || delta?.[key] !== 'a' || (other && deltaOf(other)?.[key]) !== 'b') return null;
  return isFlat(one, 'choices') && isFlat(choice, 'delta') && isFlat(delta, key) ? one : null;
}

function isFlat(object: object, but: string): boolean {
  return Object.entries(object).every(([name, value]) => name === but || typeof value !== 'object' || value === null);
}

function withText(model: ChatChunk, key: TextKey, text: string): ChatChunk {
  const choice = { ...model.choices[0]! };
  choice.delta = { ...choice.delta };
  choice.delta[key] = text;
  return { ...model, choices: [choice] };
}

/** That of its only choice. */
function deltaOf(chunk: ChatChunk | null): Partial<Record<TextKey, unknown>> | undefined {
  const choices = chunk?.choices;
  if (!Array.isArray(choices) || choices.length !== 1) return undefined;
  const delta: unknown = choices[0]?.delta;
  return typeof delta === 'object' && delta !== null && !Array.isArray(delta) ? delta : undefined;
}
