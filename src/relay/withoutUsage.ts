const newline = 10;
const carriageReturn = 13;

/**
 * A stream of events without the one that carries nothing but usage (`"choices":[]`). All other bytes pass as they are, at the latest
 * when their event is whole.
 */
export function withoutUsage(emit: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  /** An event of which the end has not come yet. */
  let open: Uint8Array = new Uint8Array(0);
  return bytes => {
    const joined = open.length > 0 ? concat(open, bytes) : bytes;
    let start = 0;
    let passed = 0;
    for (let end = eventEnd(joined, start); end >= 0; end = eventEnd(joined, start)) {
      if (isUsageOnly(decoder.decode(joined.subarray(start, end)))) {
        if (start > passed) emit(joined.subarray(passed, start));
        passed = end;
      }
      start = end;
    }
    if (start > passed) emit(joined.subarray(passed, start));
    open = joined.slice(start);
  };
}

/** Where the event that begins at `start` is over, its blank line included; -1: not yet. */
function eventEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(newline, start); at >= 0; at = bytes.indexOf(newline, at + 1)) {
    if (bytes[at + 1] === newline) return at + 2;
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === newline) return at + 3;
  }
  return -1;
}

function isUsageOnly(event: string): boolean {
  if (!/"choices":\s*\[\s*\]/.test(event)) return false;
  try {
    const { choices, usage } = JSON.parse(event.replace(/^data: ?/, ''));
    return Array.isArray(choices) && choices.length === 0 && typeof usage === 'object' && usage !== null;
  } catch {
    return false; // several lines, a comment, an error: none of our business
  }
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
