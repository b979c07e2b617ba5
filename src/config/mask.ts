/** What may be seen of a secret: `gsk_…abcd`; nothing where the rest would be too short to stay one. */
export function mask(secret: string): string {
  return secret.length < 16 ? '…' : `${secret.slice(0, 4)}…${secret.slice(-4)}`;
}

/** Every service calls it otherwise: x-api-key, x-goog-api-key, ocp-apim-subscription-key, helicone-auth. */
export function isSecretHeader(name: string): boolean {
  return /auth|cookie|key|token|secret|password/i.test(name);
}

/** Headers with the values of the secret ones masked. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? mask(value) : value]),
  );
}

/** Keys end up in the wrong place (`"pool": "gsk_…"`, `"https://me:secret@host"`, `"${gsk_…}"`); no message may repeat them there. */
export function mayHoldSecret(text: string): boolean {
  return /^(?:gsk_|sk-|bearer\s)/i.test(text) || /:\/\/.*[@?#]/.test(text);
}
