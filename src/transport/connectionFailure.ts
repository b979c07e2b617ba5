import { ConnectionError } from '../errors/index.js';

/** What the network says of an exchange that failed, as our error. */
export function connectionFailure(error: unknown, url: string, advice: string): ConnectionError {
  // Clients wrap some causes; the innermost code is the one that people can look up.
  const { code, message, cause } = (error ?? {}) as Error & { code?: unknown; cause?: { code?: unknown } };
  const told = [code, cause?.code].find(code => typeof code === 'string') as string | undefined;
  return new ConnectionError(`The connection to ${new URL(url).origin} failed (${told ?? message}). ${advice}`, {
    code: told,
    cause: error,
  });
}
