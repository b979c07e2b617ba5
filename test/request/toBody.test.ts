import fc from 'fast-check';
import { of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { RequestInvalidError } from '../../src/errors/index.js';
import { type ChatRequest, ownFields, toBody, validateRequest } from '../../src/request/index.js';

const request: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'x' }] };

describe('toBody', () => {
  test('takes the own fields out and keeps the rest in its order', () => {
    const full = {
      priority: of(1),
      model: 'm',
      context: { callback: () => 1, big: 1n },
      temperature: 0.5,
      queueTimeout: 5,
      ...{ brand_new: { a: [null] } },
      messages: request.messages,
      fallbacks: ['n'],
    };
    expect(toBody(full, {})).toBe(
      '{"model":"m","temperature":0.5,"brand_new":{"a":[null]},"messages":[{"role":"user","content":"x"}]}',
    );
  });

  test('overrides replace in place, are added last, or take out', () => {
    const body = toBody({ ...request, stream: false, user: 'u' }, { model: 'n', user: undefined, stream: true, n: 1 });
    expect(body).toBe('{"model":"n","messages":[{"role":"user","content":"x"}],"stream":true,"n":1}');
  });

  test('leaves the request as it was', () => {
    const frozen = Object.freeze({ ...request, priority: 1 });
    toBody(frozen, { model: 'n' });
    expect(frozen).toEqual({ ...request, priority: 1 });
  });

  test('is to the byte what JSON.stringify makes of the rest, for every request', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '7', 'stream', ...ownFields));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, fc.jsonValue())),
        fc.oneof(fc.string(), fc.constantFrom('\ud800', '\u2028', '👍')),
        (extra, content) => {
          const full = define([...extra, ['model', 'm'], ['messages', [{ role: 'user', content }]]]);
          const rest = define(
            Object.entries(full).filter(([name]) => !(ownFields as readonly string[]).includes(name)),
          );
          expect(toBody(full as unknown as ChatRequest, {})).toBe(JSON.stringify(rest));
        },
      ),
    );
  });

  test('unknown fields survive validation and arrive on the wire', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const sent = toBody(validateRequest({ ...request, brand_new: value }), { stream: true });
        expect(JSON.parse(sent)).toEqual(JSON.parse(JSON.stringify({ ...request, brand_new: value, stream: true })));
      }),
    );
  });

  test('says where, if the request has become circular since it was checked', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(() => toBody({ ...request, ...{ extra: loop } }, {})).toThrow(
      'extra.self: expected a value that does not contain itself, got an object',
    );
    expect(() => toBody({ ...request, n: 1n as unknown as number }, {})).toThrow(RequestInvalidError);
  });

  test('a toJSON that throws is the cause of a RequestInvalidError', () => {
    const cause = new Error('mine');
    const extra = {
      toJSON() {
        throw cause;
      },
    };
    let caught: unknown;
    try {
      toBody({ ...request, ...{ extra } }, {});
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(RequestInvalidError);
    expect(caught).toMatchObject({ model: 'm', cause });
  });
});

/** An object with these own fields, `__proto__` among them, as `JSON.parse` would make it. */
function define(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}
