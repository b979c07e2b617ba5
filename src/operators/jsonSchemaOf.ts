import type { StandardSchema } from './standardSchema.js';
import type { JsonSchema } from './strictSchema.js';

const target = 'draft-2020-12';

type Converter = (options: { target: typeof target }) => JsonSchema;

/**
 * What the model is to write: the schema's input, as JSON Schema. The schema's own library makes it (https://standardschema.dev/json-schema),
 * so that no converter lies in the bundle of those who never ask for one.
 * @param caller for errors: who is in need of it
 * @throws TypeError for a schema that transforms, or that no JSON Schema can be made of
 */
export function jsonSchemaOf(caller: string, schema: StandardSchema): JsonSchema {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchema['~standard'] & {
    readonly jsonSchema?: { readonly input: Converter; readonly output: Converter };
  };
  const own = caller === 'jsonFormat';
  if (!jsonSchema) {
    throw new TypeError(
      `${caller}: this ${vendor} schema does not say what it is as JSON Schema. ${wayOut[vendor] ?? 'Take zod 4.2 or another library with Standard JSON Schema'}` +
        `${own ? '; or write response_format by hand, and check the answer with parseJson(schema)' : ''}.`,
    );
  }
  try {
    jsonSchema.output({ target }); // throws where it transforms
    return unnamed(jsonSchema.input({ target }));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `${caller}: this ${vendor} schema can't be sent (${why}). Describe what the model is to write, and transform after ` +
        `${own ? 'parseJson(schema)' : 'that'}.`,
      { cause },
    );
  }
}

/** A schema with a name (zod's `.meta({ id })`) comes as a reference to its own definition. */
function unnamed(schema: JsonSchema): JsonSchema {
  const { $ref, $defs = {} } = schema as { $ref?: string; $defs?: Record<string, JsonSchema> };
  const { [String($ref).slice('#/$defs/'.length)]: root, ...others } = $defs;
  if (!root) return schema;
  return JSON.parse(JSON.stringify({ ...root, $defs: others }).replaceAll(JSON.stringify($ref), '"#"'));
}

/** Libraries that keep the converter apart: what it makes of a schema stands for that schema, here and everywhere. */
const wayOut: Readonly<Record<string, string>> = {
  zod: 'Take zod 4.2 or newer; of zod/mini give toJSONSchema(schema) in its place',
  valibot: 'Give toStandardJsonSchema(schema), of @valibot/to-json-schema, in its place',
};
