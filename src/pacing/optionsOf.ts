/** @throws TypeError unless it is a number of at least so much */
export function atLeast(name: string, value: number, least: number): void {
  if (typeof value !== 'number' || !(value >= least))
    throw new TypeError(`${name}: expected a number of at least ${least}, got ${String(value)}`);
}

/**
 * Options with their defaults, which also hold where one is undefined.
 * @throws TypeError for a number that is none, or below 0
 */
export function optionsOf<T extends object>(name: string, defaults: T, given: Partial<T> = {}): T {
  const options = { ...defaults };
  for (const key of Object.keys(given) as (keyof T & string)[]) {
    const value = given[key];
    if (value === undefined) continue;
    if (typeof defaults[key] === 'number') atLeast(`${name}.${key}`, value as number, 0);
    options[key] = value;
  }
  return options;
}
