/**
 * What every schema library that follows Standard Schema has in common (https://standardschema.dev): zod, Valibot, ArkType and others.
 * The least of its interface, written down here so that the library's types need no package for it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** @throws TypeError for anything that is no schema */
export function checkSchema(operator: string, schema: StandardSchema): void {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard'];
  if (typeof standard?.validate === 'function') return;
  throw new TypeError(`${operator}: expected a schema of a library that follows Standard Schema, such as zod 4`);
}
