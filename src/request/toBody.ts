import { RequestInvalidError } from '../errors/index.js';
import type { ChatRequest } from './ChatRequest.js';
import { toRequestInvalidError } from './mistakes.js';
import { ownFields } from './ownFields.js';
import { findUnsendable } from './unsendable.js';

/**
 * The JSON text to send: the request without its own fields. `overrides` replace fields in their place or come last;
 * one that is undefined takes the field out.
 *
 * Throws a `RequestInvalidError` if JSON can't carry the request, which after `validateRequest` means that somebody has changed it since
 * or that a `toJSON` method in it throws.
 */
export function toBody(request: ChatRequest, overrides: Readonly<Record<string, unknown>>): string {
  const body: Record<string, unknown> = { ...request, ...overrides };
  // JSON leaves out what is undefined; `delete` would make the object a slow one.
  for (const name of ownFields) if (name in body) body[name] = undefined;
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const mistake = findUnsendable(request);
    if (mistake) throw toRequestInvalidError([mistake], request);
    throw new RequestInvalidError('a toJSON method in the request fails; see the cause', {
      model: request.model,
      cause,
    });
  }
}
