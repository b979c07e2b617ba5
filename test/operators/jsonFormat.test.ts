import { jsonFormat, type StandardSchema } from 'rx-groq';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';

/* It makes no Observable, so that it has no marbles. */

const schemaOf = (schema: StandardSchema<unknown, unknown>): unknown => jsonFormat(schema).json_schema.schema;

/** An object of one property, as strict mode has it. */
const closed = (properties: object): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

test('jsonFormat makes a strict response_format', () => {
  expect(jsonFormat(z.object({ name: z.string(), age: z.number().nullable() }), 'person')).toEqual({
    type: 'json_schema',
    json_schema: {
      name: 'person',
      strict: true,
      schema: closed({
        name: { type: 'string' },
        age: { type: ['number', 'null'] },
      }),
    },
  });
  expect(jsonFormat(z.object({})).json_schema.name).toBe('answer');
});

describe('jsonFormat sends', () => {
  test.each([
    [
      'nested objects and lists, closed',
      z.object({ list: z.array(z.object({ x: z.boolean() })) }),
      {
        list: { type: 'array', items: closed({ x: { type: 'boolean' } }) },
      },
    ],
    ['loose objects closed', z.object({ o: z.looseObject({ x: z.null() }) }), { o: closed({ x: { type: 'null' } }) }],
    ['descriptions', z.object({ x: z.string().describe('a town') }), { x: { type: 'string', description: 'a town' } }],
    [
      'enumerations and literals with their types',
      z.object({ e: z.enum(['a', 'b']), l: z.literal(['a', 2]) }),
      {
        e: { type: 'string', enum: ['a', 'b'] },
        l: { type: ['string', 'number'], enum: ['a', 2] },
      },
    ],
    [
      'known formats, without the pattern that says the same',
      z.object({ x: z.email() }),
      {
        x: { type: 'string', format: 'email' },
      },
    ],
    [
      'texts without the length that strict mode has no word for',
      z.object({ x: z.string().min(3).max(9) }),
      {
        x: { type: 'string' },
      },
    ],
    ['patterns', z.object({ x: z.string().regex(/^a+$/) }), { x: { type: 'string', pattern: '^a+$' } }],
    [
      'the shape of an intersection of objects',
      z.object({ x: z.object({ a: z.null() }).and(z.object({ b: z.null() })) }),
      {
        x: closed({ a: { type: 'null' }, b: { type: 'null' } }),
      },
    ],
    [
      'discriminated unions as anyOf',
      z.object({
        u: z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]),
      }),
      {
        u: { anyOf: [closed({ k: { type: 'string', const: 'a' } }), closed({ k: { type: 'string', const: 'b' } })] },
      },
    ],
    [
      'what is to be written, where reading makes something else of it',
      z.object({
        n: z.codec(z.string(), z.number(), { decode: Number, encode: String }),
      }),
      { n: { type: 'string' } },
    ],
    ['schemas of zod/mini', mini.toJSONSchema(mini.object({ x: mini.string() })), { x: { type: 'string' } }],
  ])('%s', (_, schema, properties) => {
    expect(schemaOf(schema)).toEqual(closed(properties));
  });

  test('schemas that refer to themselves', () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    expect(schemaOf(Tree)).toEqual(
      closed({ name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } }),
    );
  });

  test('schemas that have a name', () => {
    const Point = z.object({ x: z.number() }).meta({ id: 'Point' });
    const Line = z.object({ from: Point, to: Point }).meta({ id: 'Line' });
    const point = { $ref: '#/$defs/Point' };
    expect(schemaOf(Line)).toEqual({
      ...closed({ from: point, to: point }),
      $defs: { Point: closed({ x: { type: 'number' } }) },
    });
    const Node = z
      .object({
        get children() {
          return z.array(Node);
        },
      })
      .meta({ id: 'Node' });
    expect(schemaOf(Node)).toMatchObject(closed({ children: { type: 'array', items: { $ref: '#' } } }));
  });

  test('schemas of any library that offers Standard JSON Schema', () => {
    const other: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'other',
        validate: value => ({ value }),
        ...{ jsonSchema: { input: () => ({ type: 'object', properties: {} }), output: () => ({}) } },
      },
    };
    expect(schemaOf(other)).toEqual(closed({}));
  });
});

describe('jsonFormat refuses, when it is made and saying what to do,', () => {
  const valibot: StandardSchema = { '~standard': { version: 1, vendor: 'valibot', validate: value => ({ value }) } };
  test.each([
    ['a transform', z.object({ x: z.string().transform(Number) }), /Transforms.*after parseJson/],
    ['a date', z.object({ x: z.date() }), /Date/],
    ['an optional property', z.object({ a: z.object({ x: z.string().optional() }) }), /a\.x: optional.*\.nullable\(\)/],
    ['a default', z.object({ x: z.string().default('y') }), /x: optional \(or with a default\).*\.nullable\(\)/],
    ['a record', z.object({ list: z.array(z.record(z.string(), z.number())) }), /list\[\]: a record.*list of pairs/],
    ['a tuple', z.object({ x: z.tuple([z.string(), z.number()]) }), /x: a tuple.*object/],
    ['anything at all', z.object({ x: z.unknown() }), /x: may be anything/],
    ['an intersection that is no object', z.object({ x: z.string().and(z.literal('a')) }), /x: an intersection/],
    ['a root that is no object', z.array(z.string()), /root must be an object; wrap it/],
    ['a union as root', z.union([z.object({}), z.object({ x: z.null() })]), /root must be an object/],
    ['zod/mini without its converter', mini.object({ x: mini.string() }), /zod\/mini give toJSONSchema\(schema\)/],
    ['a library without JSON Schema', valibot, /valibot.*toStandardJsonSchema.*or write response_format by hand/],
    ['a JSON Schema', { type: 'object' } as never, /Standard Schema/],
  ])('%s', (_, schema, message) => {
    expect(() => jsonFormat(schema)).toThrow(TypeError);
    expect(() => jsonFormat(schema)).toThrow(message);
  });

  test.each(['', 'two words', 'x'.repeat(65)])('the name %j', name => {
    expect(() => jsonFormat(z.object({}), name)).toThrow(/name: expected 1 to 64/);
  });
});
