import { jsonSchemaOf } from './jsonSchemaOf.js';
import { checkSchema, type StandardSchema } from './standardSchema.js';
import { type JsonSchema, strictSchema } from './strictSchema.js';

/** A `response_format` that binds the answer to a JSON Schema. Fits a request of this library, of groq-sdk and of openai. */
export interface JsonFormat {
  type: 'json_schema';
  json_schema: { name: string; schema: JsonSchema; strict: true };
}

/**
 * The `response_format` with which a model writes just the JSON that a schema describes, in strict mode.
 *
 * ```ts
 * const Person = z.object({ name: z.string(), age: z.number().nullable() });
 * client.complete({ ...request, response_format: jsonFormat(Person, 'person') }).pipe(parseJson(Person));
 * ```
 * Takes any schema that can say what it is (Standard JSON Schema): of zod from 4.2 on and of ArkType as it is; of zod/mini
 * `toJSONSchema(schema)`, of Valibot `toStandardJsonSchema(schema)`. What strict mode asks for (`additionalProperties: false`, `anyOf` in place
 * of `oneOf`) is put in; what it can't say (the length of a text, a default) is left out of what is sent, and checked by `parseJson` all the
 * same.
 *
 * **Gotchas**: in strict mode every property has to be there, so an optional one must be nullable instead; a record must be a list of pairs;
 * the root must be an object. Groq does not stream such an answer.
 * @param name how the API calls it: letters, digits, `_` and `-`, 64 at most
 * @throws TypeError, saying what to do, for a schema that can't be sent: one that transforms, or that strict mode does not know
 * @see parseJson, `client.parse`
 */
export function jsonFormat(schema: StandardSchema, name = 'answer'): JsonFormat {
  checkSchema('jsonFormat', schema);
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw new TypeError(`jsonFormat: name: expected 1 to 64 letters, digits, _ or -, got ${JSON.stringify(name)}`);
  }
  return {
    type: 'json_schema',
    json_schema: { name, schema: strictSchema(jsonSchemaOf('jsonFormat', schema)), strict: true },
  };
}
