const ascii = 0x80;
const byteOrderMark = 0xfeff;
/** Has no state, so that all share it. */
const whole = utf8Decoder();

/**
 * UTF-8 in pieces cut anywhere: as one `TextDecoder` that is told `stream: true`, byte order mark included. But that takes a slow way
 * through Node, and a piece that ends in ASCII, as nearly all do, can't end inside a character.
 */
export class PieceDecoder {
  /** For pieces that end, or began, inside a run of characters beyond ASCII. */
  private cut: TextDecoder | undefined = undefined;
  private open = false;
  private begun = false;

  /** The text of the bytes so far that has not been given before; of a character that is cut, all comes with its last byte. */
  decode(bytes: Uint8Array): string {
    const text = bytes.length === 0 ? '' : this.textOf(bytes);
    if (this.begun || text === '') return text;
    this.begun = true;
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
  }

  end(): string {
    return this.cut?.decode() ?? '';
  }

  private textOf(bytes: Uint8Array): string {
    const ends = bytes[bytes.length - 1]! < ascii;
    if (ends && !this.open) return whole.decode(bytes);
    this.cut ??= utf8Decoder();
    this.open = !ends;
    return this.cut.decode(bytes, { stream: this.open });
  }
}

/** Leaves a byte order mark in: only the one at the very beginning is none of the text. */
function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
