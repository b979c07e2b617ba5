import { toJSONSchema } from 'zod';
import type { StandardSchema } from './standardSchema.js';
import type { JsonSchema } from './strictSchema.js';

const target = 'draft-2020-12';

type Converter = (options: { target: typeof target }) => JsonSchema;

/**
 * What the model is to write: the schema's input, as JSON Schema.
 * @param caller for errors: who is in need of it
 * @throws TypeError for a schema that transforms, or that no JSON Schema can be made of
 */
export function jsonSchemaOf(caller: string, schema: StandardSchema): JsonSchema {
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
      `${caller}: this ${vendor} schema can't be sent (${why}). Describe what the model is to write, and transform after ` +
        `${caller === 'jsonFormat' ? 'parseJson(schema)' : 'that'}.`,
      { cause },
    );
  }
  throw new TypeError(
    `${caller}: no JSON Schema can be made of a schema of ${vendor}. Take zod 4 or a library that offers Standard JSON Schema` +
      `${caller === 'jsonFormat' ? '; or write response_format by hand, and check the answer with parseJson(schema)' : ''}.`,
  );
}
