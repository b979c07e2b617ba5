import type { ToolCall, ToolCallDelta } from '../answer/index.js';

/** Puts the calls of one choice together, piece by piece. */
export interface ToolCalls {
  /** @returns the call that the piece belongs to, with the piece in it */
  add(piece: ToolCallDelta): OpenCall;
  /** The calls so far, as the API gives them when it does not stream. */
  calls(): ToolCall[];
}

export interface OpenCall {
  /** Among the calls of its answer; no two have the same. */
  readonly index: number;
  readonly call: ToolCall;
}

/**
 * By index, as the API has it; and as some servers have it: without an index a piece with an id begins a call and one without goes on
 * with the last (Gemini's); and where another id comes under a known index, with a name, it is another call (Ollama gave every call the
 * index 0). Without a name it is the same: Poolside gives each piece an id of its own. Where none has an id, a name begins another call once
 * the last is whole (Gemini's, too).
 */
export function toolCalls(): ToolCalls {
  const byIndex = new Map<number, OpenCall>();
  /** The newest under each index of the wire; under `undefined` the newest of all without one. */
  const newest = new Map<number | undefined, OpenCall>();

  const begin = (wireIndex: number | undefined): OpenCall => {
    const free = wireIndex === undefined || byIndex.has(wireIndex) ? Math.max(-1, ...byIndex.keys()) + 1 : wireIndex;
    const call: ToolCall = { id: '', type: 'function', function: { name: '', arguments: '' } };
    const begun = { index: free, call };
    byIndex.set(free, begun);
    newest.set(wireIndex, begun);
    return begun;
  };
  return {
    add({ index, id, type: _, function: called, ...more }) {
      const wireIndex = index ?? undefined;
      const known = newest.get(wireIndex);
      const another = known && called?.name && (id ? isOther(known, id, wireIndex) : isWhole(known, called.arguments));
      const open = known && !another ? known : begin(wireIndex);
      const { call } = open;
      call.id ||= id ?? '';
      // Some say it with each piece; openai's own reader takes the last.
      if (called?.name && called.name !== call.function.name) call.function.name += called.name;
      if (called?.arguments) call.function.arguments += called.arguments;
      Object.assign(call, more); // Gemini's signature of its thoughts, say, without which it takes no result
      return open;
    },
    calls: () => [...byIndex.values()].sort((a, b) => a.index - b.index).map(({ call }) => call),
  };
}

function isOther({ call }: OpenCall, id: string, wireIndex: number | undefined): boolean {
  return call.id === '' ? wireIndex === undefined : id !== call.id;
}

/** With more its arguments would be no JSON. Looked at only where more begins like another's: a name may come with each of many pieces. */
function isWhole({ call }: OpenCall, more: string | undefined): boolean {
  try {
    return more?.startsWith('{') === true && typeof JSON.parse(call.function.arguments) === 'object';
  } catch {
    return false;
  }
}
