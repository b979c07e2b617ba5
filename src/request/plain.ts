import { isPriority } from '../limits/index.js';
import { isSignal } from './isSignal.js';

/**
 * Whether this is surely a request: texts only, and none but the commonest settings. Most are, and to see it takes a tenth of what the whole
 * schema takes; all that is not plain is for that to judge.
 */
export function isPlain(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  const request = input as Record<string, unknown>;
  for (const key in request) if (!isPlainField(key, request[key])) return false;
  return 'model' in request && 'messages' in request;
}

function isPlainField(key: string, value: unknown): boolean {
  switch (key) {
    case 'model':
      return typeof value === 'string' && value.length > 0;
    case 'messages':
      return Array.isArray(value) && value.length > 0 && value.every(isPlainMessage);
    case 'priority':
      return isPriority(value);
    case 'max_completion_tokens':
    case 'max_tokens':
      return Number.isSafeInteger(value) && (value as number) >= 1;
    case 'temperature':
      return typeof value === 'number' && value >= 0 && value <= 2;
    case 'stream':
      return typeof value === 'boolean';
    case 'signal':
      return isSignal(value);
    case 'context':
      return true; // never sent
    default:
      return false;
  }
}

function isPlainMessage(message: Record<string, unknown> | null): boolean {
  if (typeof message !== 'object' || message === null) return false;
  for (const key in message) if (key !== 'role' && key !== 'content') return false;
  const { role, content } = message;
  return typeof content === 'string' && (role === 'user' || role === 'system' || role === 'assistant');
}
