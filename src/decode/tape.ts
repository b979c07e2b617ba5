/** Keeps bytes in case somebody asks what came. */
export interface Tape {
  append(bytes: Uint8Array): void;
  /** All of them, in order; good until `erase`. */
  pieces(): Uint8Array[];
  erase(): void;
}

const blockSize = 16_384;
const mostFree = 512;
/** Blocks that no tape uses, at most 8 MB of them: to keep streams in ever new memory would cost half as much as to parse them. */
const free: Uint8Array[] = [];

export function tape(): Tape {
  const blocks: Uint8Array[] = [];
  /** Bytes written on the last block. */
  let used = blockSize;

  const write = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    blocks[blocks.length - 1]!.set(bytes, used);
    used += bytes.length;
  };
  return {
    append(bytes) {
      let left = bytes;
      while (left.length > blockSize - used) {
        const fits = blockSize - used;
        write(left.subarray(0, fits));
        left = left.subarray(fits);
        blocks.push(free.pop() ?? new Uint8Array(blockSize));
        used = 0;
      }
      write(left);
    },
    pieces: () => blocks.map((block, index) => (index < blocks.length - 1 ? block : block.subarray(0, used))),
    erase() {
      for (const block of blocks) if (free.length < mostFree) free.push(block);
      blocks.length = 0;
      used = blockSize;
    },
  };
}
