import type { JsonSchema } from './chatBody.js';
import { pick, type Random } from './random.js';

/** Deep enough for any real schema, and an end for one that refers to itself. */
const DEEPEST = 8;

/**
 * The simplest value that fits a JSON Schema: every property, the first branch of an `anyOf`, one item in an array.
 * Knows the keywords that structured outputs allow; `pattern` is not among them.
 */
export function schemaValue(schema: JsonSchema, words: readonly string[], random: Random): unknown {
  const resolve = (reference: string): JsonSchema => {
    const path = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
    return path.reduce<JsonSchema>((node, key) => (node[key] ?? {}) as JsonSchema, schema);
  };

  const value = (node: JsonSchema, name: string, depth: number): unknown => {
    if (typeof node.$ref === 'string') return depth > DEEPEST ? null : value(resolve(node.$ref), name, depth + 1);
    if ('const' in node) return node.const;
    if (Array.isArray(node.enum)) return pick(random, node.enum);
    const branches = [node.anyOf, node.oneOf].find(Array.isArray) as JsonSchema[] | undefined;
    if (branches?.[0] !== undefined) {
      // Deep down, the branch that ends the recursion: usually `null`.
      const last = branches.find(branch => branch.type === 'null') ?? branches.at(-1)!;
      return value(depth > DEEPEST ? last : branches[0], name, depth + 1);
    }
    if (Array.isArray(node.allOf)) {
      return Object.assign({}, ...(node.allOf as JsonSchema[]).map(part => value(part, name, depth + 1)));
    }
    return typed(node, name, depth);
  };

  const typed = (node: JsonSchema, name: string, depth: number): unknown => {
    const type = Array.isArray(node.type) ? node.type[0] : node.type;
    if (type === 'object' || (type === undefined && node.properties !== undefined)) {
      const properties = Object.entries((node.properties ?? {}) as Record<string, JsonSchema>);
      return Object.fromEntries(properties.map(([key, property]) => [key, value(property, key, depth + 1)]));
    }
    if (type === 'array') {
      const length = Math.max(depth > DEEPEST ? 0 : 1, numberOf(node.minItems, 0));
      const items = (node.items ?? {}) as JsonSchema;
      return Array.from({ length: Math.min(length, numberOf(node.maxItems, length)) }, () =>
        value(items, name, depth + 1),
      );
    }
    if (type === 'integer' || type === 'number') return numberWithin(node, type === 'integer', random);
    if (type === 'boolean') return random() < 0.5;
    if (type === 'null') return null;
    return textFor(node, words, random);
  };

  return value(schema, 'answer', 0);
}

function numberWithin(node: JsonSchema, integer: boolean, random: Random): number {
  const step = integer ? 1 : 0.5;
  const least = Math.max(numberOf(node.minimum, -Infinity), numberOf(node.exclusiveMinimum, -Infinity) + step);
  const most = Math.min(numberOf(node.maximum, Infinity), numberOf(node.exclusiveMaximum, Infinity) - step);
  const multiple = numberOf(node.multipleOf, 1);
  if (least === -Infinity && most === Infinity) return multiple * Math.floor(1 + random() * 20);
  if (least === -Infinity) return multiple * Math.floor(most / multiple);
  const lowest = integer || node.multipleOf !== undefined ? multiple * Math.ceil(least / multiple) : least;
  return Math.min(most, lowest);
}

function textFor(node: JsonSchema, words: readonly string[], random: Random): string {
  const formats: Readonly<Record<string, string>> = {
    date: '2026-10-01',
    time: '12:00:00Z',
    'date-time': '2026-10-01T12:00:00Z',
    duration: 'P1D',
    email: 'simulated@example.com',
    hostname: 'example.com',
    ipv4: '192.0.2.1',
    ipv6: '2001:db8::1',
    uri: 'https://example.com/simulated',
    uuid: '00000000-0000-4000-8000-000000000000',
  };
  const text = formats[String(node.format)] ?? `${pick(random, words)} (simulated)`;
  return text.padEnd(numberOf(node.minLength, 0), '.').slice(0, numberOf(node.maxLength, Infinity));
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
