export type JsonSchema = Record<string, unknown>;

/** The keywords that strict mode has (OpenAI's list; Groq's is no longer). Of all others only the checks are lost, and parseJson makes them. */
const sent: ReadonlySet<string> = new Set(
  (
    'type title description enum const $ref pattern format multipleOf ' +
    'minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems'
  ).split(' '),
);
const formats: ReadonlySet<unknown> = new Set('date-time time date duration email hostname ipv4 ipv6 uuid'.split(' '));

/**
 * A JSON Schema as strict mode wants it: objects closed, `anyOf` for `oneOf`, nothing but known keywords.
 * @throws TypeError that names the place and what to write instead
 */
export function strictSchema(schema: JsonSchema): JsonSchema {
  if (schema.type !== 'object') throw mistake([], 'the root must be an object; wrap it: z.object({ value: … })');
  return strict(schema, []);
}

function strict(node: JsonSchema, path: readonly string[]): JsonSchema {
  const result: JsonSchema = {};
  for (const [keyword, value] of Object.entries(node)) if (sent.has(keyword)) result[keyword] = value;
  if (!formats.has(node.format)) delete result.format;
  else delete result.pattern; // says the same, in expressions that servers do not take

  if (node.allOf) throw mistake(path, 'an intersection; write one object that has all properties');
  if (node.prefixItems) throw mistake(path, 'a tuple; write an object with a property for each place');
  const choices = (node.anyOf ?? node.oneOf) as JsonSchema[] | undefined;
  if (choices) result.anyOf = choices.map(choice => strict(choice, path));
  if (node.items) result.items = strict(node.items as JsonSchema, [...path, '[]']);
  if (node.type === 'object' || node.properties) Object.assign(result, strictObject(node, path));
  if (node.$defs) result.$defs = strictAll(node.$defs as Record<string, JsonSchema>, path);
  if (!result.type && !choices && !node.$ref) {
    const values = 'const' in node ? [node.const] : (node.enum as unknown[] | undefined);
    if (!values) throw mistake(path, 'may be anything; say what it is');
    const types = [...new Set(values.map(value => (value === null ? 'null' : typeof value)))];
    result.type = types.length === 1 ? types[0] : types;
  }
  return result;
}

function strictObject(node: JsonSchema, path: readonly string[]): JsonSchema {
  const { propertyNames, patternProperties, additionalProperties } = node;
  const open = typeof additionalProperties === 'object' && Object.keys(additionalProperties as object).length > 0;
  if (propertyNames || patternProperties || open) {
    throw mistake(path, 'a record; write a list of pairs: z.array(z.object({ key: z.string(), value: … }))');
  }
  const properties = (node.properties ?? {}) as Record<string, JsonSchema>;
  const names = Object.keys(properties);
  const required = new Set(node.required as string[] | undefined);
  const optional = names.find(name => !required.has(name));
  if (optional !== undefined) {
    throw mistake(
      [...path, optional],
      'optional (or with a default); strict mode wants all: write .nullable() instead',
    );
  }
  return {
    type: node.type ?? 'object',
    properties: strictAll(properties, path),
    required: names,
    additionalProperties: false,
  };
}

function strictAll(schemas: Record<string, JsonSchema>, path: readonly string[]): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, strict(schema, [...path, name])]));
}

function mistake(path: readonly string[], what: string): TypeError {
  return new TypeError(
    `jsonFormat: ${path.length === 0 ? 'the schema' : path.join('.').replaceAll('.[]', '[]')}: ${what}.`,
  );
}
