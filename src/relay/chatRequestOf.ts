import { RequestInvalidError } from '../errors/index.js';
import { isPriority } from '../limits/index.js';
import { type ChatRequest, ownFields } from '../request/index.js';

/**
 * The request in the body of somebody's HTTP request, without what would be a field of our own.
 * @param priority what the header of this name says, if there is one
 * @throws RequestInvalidError, which quotes nothing of it
 */
export function chatRequestOf(
  body: string,
  priority: { readonly header: string; readonly value: string | null | undefined },
): ChatRequest {
  const { header, value } = priority;
  const level = value === null || value === undefined ? undefined : Number(value);
  if (level !== undefined && !isPriority(level)) {
    throw new RequestInvalidError(`${header}: expected an integer from 1 to 10`, { field: header });
  }
  const request = parse(body);
  if (request === undefined) throw new RequestInvalidError('The body is no JSON object.');
  for (const name of ownFields) delete request[name];
  if (typeof request.model !== 'string' || request.model === '') {
    throw new RequestInvalidError("model: expected a model's name", { field: 'model' });
  }
  return { ...(request as unknown as ChatRequest), stream: request.stream === true, priority: level };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
