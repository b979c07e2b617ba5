/** UTF-8 in pieces cut anywhere. */
export interface PieceDecoder {
  /** The text of the bytes so far that has not been given before; of a character that is cut, the rest comes with its last byte. */
  decode(bytes: Uint8Array): string;
  end(): string;
}

const ascii = 0x80;
const byteOrderMark = 0xfeff;
/** Has no state, so that all share it. */
const whole = utf8Decoder();

/**
 * As one `TextDecoder` that is told `stream: true`, byte order mark included. But that takes a slow way through Node, and a piece that
 * ends in ASCII, as nearly all do, can't end inside a character.
 */
export function pieceDecoder(): PieceDecoder {
  /** For pieces that end, or began, inside a run of characters beyond ASCII. */
  let cut: TextDecoder | undefined;
  let open = false;
  let begun = false;

  const textOf = (bytes: Uint8Array): string => {
    const ends = bytes[bytes.length - 1]! < ascii;
    if (ends && !open) return whole.decode(bytes);
    cut ??= utf8Decoder();
    open = !ends;
    return cut.decode(bytes, { stream: open });
  };
  return {
    decode(bytes) {
      const text = bytes.length === 0 ? '' : textOf(bytes);
      if (begun || text === '') return text;
      begun = true;
      return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
    },
    end: () => cut?.decode() ?? '',
  };
}

/** Leaves a byte order mark in: only the one at the very beginning is none of the text. */
function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
