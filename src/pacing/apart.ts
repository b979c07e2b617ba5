import { throwError } from 'rxjs';

/**
 * Does what must not stop what comes after it. What it throws, a `finalize` of the user's or the teardown of his transport, is reported as RxJS
 * reports what a subscriber throws.
 */
export function apart(work: () => void): void {
  try {
    work();
  } catch (error) {
    reportUnhandled(error);
  }
}

/** As RxJS reports an error that no subscriber hears. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
