import type { z } from 'zod';
import type { ChatRequest } from './ChatRequest.js';
import { type Mistake, toRequestInvalidError } from './mistakes.js';
import { isPlain } from './plain.js';
import { requestSchema } from './schema.js';
import { findUnsendable } from './unsendable.js';

/**
 * The same object, if it is a request. Fields that are not known are no mistake.
 *
 * Throws a `RequestInvalidError` that names the place of what is wrong, what was expected and what was found, but never shows a prompt.
 * Takes some µs; linear in the number of messages, however long their texts.
 */
export function validateRequest(input: unknown): ChatRequest {
  if (isPlain(input)) return input as ChatRequest;
  const { error } = requestSchema().safeParse(input);
  if (error)
    throw toRequestInvalidError(
      error.issues.map(issue => toMistake(issue)),
      input,
    );
  const mistake = findUnsendable(input as object);
  if (mistake) throw toRequestInvalidError([mistake], input);
  return input as ChatRequest;
}

function toMistake(issue: z.core.$ZodIssue, outer: readonly PropertyKey[] = []): Mistake {
  const path = [...outer, ...issue.path];
  if (issue.code === 'invalid_union') {
    // Where one alternative fails further inside, it is the one that was meant.
    const inner = issue.errors.flat().find(({ path }) => path.length > 0);
    if (inner) return toMistake(inner, path);
  }
  return { path, expected: issue.message };
}
