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
      error.issues.flatMap(issue => toMistakes(issue)),
      input,
    );
  const mistake = findUnsendable(input as object);
  if (mistake) throw toRequestInvalidError([mistake], input);
  return input as ChatRequest;
}

function toMistakes(issue: z.core.$ZodIssue, outer: readonly PropertyKey[] = []): Mistake[] {
  const path = [...outer, ...issue.path];
  if (issue.code === 'invalid_union') {
    const { errors } = issue;
    // Of messages that one was meant whose role fits; of others one that fails further inside.
    const meant = errors.filter(inner => inner.every(({ path }) => path[0] !== 'role'));
    if (meant.length === 0) path.push('role');
    const further = meant.flat().filter(({ path }) => path.length > 0);
    const inner = meant.length < errors.length ? further : further.slice(0, 1);
    if (inner.length > 0) return inner.flatMap(one => toMistakes(one, path));
  }
  return [{ path, expected: issue.message }];
}
