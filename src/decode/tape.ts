/** Small: most answers fit one or two, and each stream that is open has at least one. */
const blockSize = 4096;
const mostFree = 2048;
/** Blocks that no tape uses, at most 8 MB of them: streams kept in ever new memory cost page faults and collections. */
const free: Uint8Array[] = [];

/** Keeps bytes in case somebody asks what came. */
export class Tape {
  private readonly blocks: Uint8Array[] = [];
  /** Bytes written on the last block. */
  private used = blockSize;

  append(bytes: Uint8Array): void {
    let left = bytes;
    while (left.length > blockSize - this.used) {
      const fits = blockSize - this.used;
      this.write(left.subarray(0, fits));
      left = left.subarray(fits);
      this.blocks.push(free.pop() ?? new Uint8Array(blockSize));
      this.used = 0;
    }
    this.write(left);
  }

  /** All of them, in order; good until `erase`. */
  pieces(): Uint8Array[] {
    const { blocks, used } = this;
    return blocks.map((block, index) => (index < blocks.length - 1 ? block : block.subarray(0, used)));
  }

  erase(): void {
    for (const block of this.blocks) if (free.length < mostFree) free.push(block);
    this.blocks.length = 0;
    this.used = blockSize;
  }

  private write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.blocks[this.blocks.length - 1]!.set(bytes, this.used);
    this.used += bytes.length;
  }
}
