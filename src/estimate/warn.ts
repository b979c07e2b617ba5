/** Says that no tokenizer is to be had; once, by whoever calls it. */
export function warn(reason: string): void {
  process.emitWarning(
    `The tokenizer does not work here (${reason}), so prompts are counted by their bytes: never too low, but 3 to 5 times too high. Check that js-tiktoken is installed and worker threads are allowed, or pass the option tokenCounter.`,
    { type: 'RxGroqWarning', code: 'RX_GROQ_TOKENIZER' },
  );
}
