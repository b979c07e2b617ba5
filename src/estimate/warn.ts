/** A warning of the library's, told once by those who call it. */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: 'RxGroqWarning', code });
}
