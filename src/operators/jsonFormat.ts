import { toJSONSchema } from 'zod';
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
 * Takes any Standard Schema that can say what it is as JSON Schema: zod 4, or a library with Standard JSON Schema. What strict mode asks for
 * (`additionalProperties: false`, `anyOf` in place of `oneOf`) is put in; what it can't say (the length of a text, a default) is left out
 * of what is sent, and checked by `parseJson` all the same.
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
  return { type: 'json_schema', json_schema: { name, schema: strictSchema(jsonSchemaOf(schema)), strict: true } };
}

const target = 'draft-2020-12';

type Converter = (options: { target: typeof target }) => JsonSchema;

/** What the model is to write: the schema's input. */
function jsonSchemaOf(schema: StandardSchema): JsonSchema {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchema['~standard'] & {
    readonly jsonSchema?: { readonly input: Converter; readonly output: Converter };
  };
  try {
    if (jsonSchema) {
      jsonSchema.output({ target }); // throws where it transforms
      return jsonSchema.input({ target });
    }
    if ('_zod' in schema) {
      toJSONSchema(schema as never, { target });
      return { ...toJSONSchema(schema as never, { target, io: 'input' }) };
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `jsonFormat: this ${vendor} schema can't be sent (${why}). Describe what the model is to write, and transform after parseJson(schema).`,
      { cause },
    );
  }
  throw new TypeError(
    `jsonFormat: no JSON Schema can be made of a schema of ${vendor}. Take zod 4 or a library that offers Standard JSON Schema; ` +
      'or write response_format by hand, and check the answer with parseJson(schema).',
  );
}
