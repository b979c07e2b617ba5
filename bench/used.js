/** The heap and what lies outside it, after what is due in this turn has been done. */
export async function used() {
  await new Promise(resolve => setTimeout(resolve, 50));
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
