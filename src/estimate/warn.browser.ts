export function warn(message: string, code: string): void {
  console.warn(`RxGroqWarning [${code}]: ${message}`);
}
