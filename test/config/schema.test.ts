import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogueOf } from '../../src/config/index.js';
import { configJsonSchema } from '../../src/config/jsonSchema.js';
import { configErrorOf } from './fixtures.js';

describe('the JSON Schema', () => {
  const shipped = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8');
  const schema = JSON.parse(shipped);

  test('that is shipped is the one that the checks are made of (else: npm run build && node scripts/schema.mjs)', () => {
    expect(shipped).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  test('describes every key that a model may have, and no other', () => {
    const { issues } = configErrorOf(() => catalogueOf({ m: { unheard_of: 1 } as never }, { env: {} }));
    const known = issues[0]!.message.replace(/.*known are /, '').split(', ');
    expect(Object.keys(schema.additionalProperties.properties)).toEqual(known);
    for (const property of Object.values(schema.additionalProperties.properties)) {
      expect(property).toHaveProperty('description');
    }
    expect(schema.additionalProperties.additionalProperties).toBe(false);
  });

  test('allows "$schema"', () => {
    expect(schema.properties.$schema.type).toBe('string');
  });
});
