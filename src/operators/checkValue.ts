import { from, type Observable, of } from 'rxjs';
import { type Ending, invalid } from './answerText.js';
import { checkSchema, type SchemaIssue, type SchemaResult, type StandardSchema } from './standardSchema.js';

/** The value as a schema makes it. Fails (throws, where the schema answers at once) with an AnswerInvalidError that lists what does not fit. */
export function checkValue<T>(
  schema: StandardSchema<unknown, T>,
  value: unknown,
  text: string,
  ending: Ending,
  what = 'the answer is',
): Observable<T> {
  const accept = (result: SchemaResult<T>): T => {
    if (!result.issues) return result.value;
    const issues = result.issues.map(toIssue);
    throw invalid('schema', `${what} ${describe(issues)} error.text is what came.`, text, ending, issues);
  };
  const result = schema['~standard'].validate(value);
  return 'then' in result ? from(result.then(accept)) : of(accept(result));
}

/**
 * Tells of a value what does not fit, as the end of a sentence; undefined where all does.
 * @throws TypeError for anything that is no schema, and later for one that does not answer at once
 */
export function departureFrom(schema: StandardSchema): (value: unknown) => string | undefined {
  checkSchema('strict', schema);
  return value => {
    const result = schema['~standard'].validate(value);
    if ('then' in result) throw new TypeError('strict: expected a schema that answers at once');
    return result.issues && describe(result.issues.map(toIssue));
  };
}

function toIssue({ message, path = [] }: SchemaIssue): { message: string; path: PropertyKey[] } {
  return { message, path: path.map(step => (typeof step === 'object' ? step.key : step)) };
}

/** More than these are counted only. */
const mostTold = 3;

function describe(issues: readonly { message: string; path: readonly PropertyKey[] }[]): string {
  const told = issues.slice(0, mostTold).map(({ message, path }) => {
    const place = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`));
    return path.length === 0 ? message : `${place.join('')}: ${message}`;
  });
  if (issues.length > mostTold) told.push(`and ${issues.length - mostTold} more`);
  return `not what the schema describes (${told.join('; ')}).`;
}
