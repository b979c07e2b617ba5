/** Something the user can mend: its message is all there is to say. Exit code 2: nothing was sent; 1: it happened on the way. */
export class ProgramError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
