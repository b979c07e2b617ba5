export function warn(reason: string): void {
  console.warn(
    `RX_GROQ_TOKENIZER: tokens are counted by bytes, 3 to 5 times too high (${reason}). Pass a tokenCounter.`,
  );
}
