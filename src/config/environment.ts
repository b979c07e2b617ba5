/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment; empty where there is none (a browser). The only place that looks at `process`. */
export function environment(): Environment {
  return globalThis.process?.env ?? {};
}

/** A variable's value; one that is set to nothing is set. Own properties only, so that `${constructor}` finds nothing. */
export function variable(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
