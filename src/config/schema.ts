import * as z from 'zod/mini';
import { toMs } from '../limits/index.js';
import { addressOf } from './host.js';

/*
 * The one description of a configuration: checks it, and is what the JSON Schema is made of (jsonSchema.ts). Each message says what
 * is expected; check.ts adds what was found, because only there is known what may be shown.
 */

const positiveOrMinusOne = 'expected a positive integer or -1';
const limit = () =>
  z.optional(
    z.union([z.int().check(z.minimum(1, { error: positiveOrMinusOne })), z.literal(-1)], { error: positiveOrMinusOne }),
  );

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.literal(values, { error: `expected ${or(values.map(value => JSON.stringify(value)))}` });

const name = () => z.string({ error: 'expected a name' }).check(z.minLength(1, { error: 'expected a name' }));

const strict = <T extends z.core.$ZodShape>(shape: T, what = 'an object') =>
  z.strictObject(shape, { error: issue => (issue.code === 'invalid_type' ? `expected ${what}` : undefined) });

/** zod's own brings a class along. */
const trim = (text: { value: string }): void => {
  text.value = text.value.trim();
};

/** Longer timers than this fire at once. */
const longestTimer = 2 ** 31 - 1;
const timeoutText = `expected a whole number of ms from 1 to ${longestTimer}, or -1 for none`;
const timeout = () =>
  z.optional(
    z.union(
      [
        z.int().check(z.minimum(1, { error: timeoutText }), z.maximum(longestTimer, { error: timeoutText })),
        z.literal(-1),
      ],
      { error: timeoutText },
    ),
  );

const url = 'expected an http or https URL';
const noExtras =
  'expected a URL without user name, password, query and fragment (a key belongs into api_key or headers)';
const key = 'expected a key of visible ASCII characters, not the masked form that config$ shows';
const headerName = 'expected a header name';
const headerValue = 'expected characters that a header can carry, not the masked form that config$ shows';

/** Of a header's name (RFC 9110, 5.6.2). */
export const tokenPattern: RegExp = /^[\w!#$%&'*+.^`|~-]+$/;
const headerNamed = () => z.string({ error: headerName }).check(z.regex(tokenPattern, { error: headerName }));

const windowLimit = 'expected a number of at least 0 (0 = closed for now)';
const windowPer = "expected a whole number of ms (at least 1) or '600ms', '1s', '1m', '1h', '1d'";

const windowShape = {
  limit: z.number({ error: windowLimit }).check(z.minimum(0, { error: windowLimit })),
  per: z.union([z.int(), z.string()], { error: windowPer }).check(z.refine(isLength, { error: windowPer })),
  unit: z.optional(choice(['requests', 'tokens', 'input_tokens', 'output_tokens'])),
  kind: z.optional(choice(['sliding', 'bucket'])),
};

const timeoutShape = {
  connect: timeout(),
  head: timeout(),
  idle: timeout(),
  total: timeout(),
};

const amountText = 'expected a number of at least 0';
const amount = () => z.number({ error: amountText }).check(z.minimum(0, { error: amountText }));

const priceShape = {
  input: amount(),
  output: amount(),
  cached_input: z.optional(amount()),
};

const quotaHeadersShape = {
  unit: windowShape.unit,
  per: windowShape.per,
  limit: headerNamed(),
  remaining: headerNamed(),
  reset: headerNamed(),
};

const modelShape = {
  base_url: z.optional(
    z
      .string({ error: url })
      .check(z.refine(addressOf, { error: url, abort: true }), z.refine(isPlain, { error: noExtras })),
  ),
  api_key: z.optional(z.string({ error: 'expected a string' }).check(trim, z.refine(isKey, { error: key }))),
  req_per_minute: limit(),
  req_per_day: limit(),
  token_per_minute: limit(),
  token_per_day: limit(),
  context_window: limit(),
  model: z.optional(name()),
  pool: z.optional(name()),
  dialect: z.optional(choice(['groq', 'openai'])),
  refund: z.optional(choice(['learn', 'usage', 'never'])),
  count_from: z.optional(choice(['head', 'end'])),
  input_token_per_minute: limit(),
  output_token_per_minute: limit(),
  max_concurrent: limit(),
  windows: z.optional(
    z.array(strict(windowShape, '{ limit, per, unit?, kind? }'), {
      error: 'expected an array of { limit, per, unit?, kind? }',
    }),
  ),
  rate_limit_headers: z.optional(
    z.array(strict(quotaHeadersShape, '{ unit, per, limit, remaining, reset }'), {
      error: 'expected an array of { unit, per, limit, remaining, reset }',
    }),
  ),
  price: z.optional(strict(priceShape, '{ input, output, cached_input? }')),
  headers: z.optional(
    z
      .catchall(
        z.object({}, { error: 'expected an object of strings' }),
        z.string({ error: 'expected a string' }).check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: headerValue })),
      )
      .check(({ value, issues }) => {
        for (const name of Object.keys(value)) {
          if (tokenPattern.test(name)) continue;
          issues.push({
            code: 'invalid_key',
            origin: 'record',
            path: [name],
            input: value,
            message: headerName,
            issues: [],
          });
        }
      }),
  ),
  timeouts: z.optional(strict(timeoutShape)),
};

/** `"$schema"` beside models by name. */
export const configSchema: z.ZodMiniType = z.catchall(
  z.object(
    { $schema: z.optional(z.string({ error: 'expected a string' })) },
    { error: 'expected an object of models by name' },
  ),
  strict(modelShape),
);

export const modelKeys: readonly string[] = Object.keys(modelShape);

/** The keys that may stand in the object at a path. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[1] === 'windows') return Object.keys(windowShape);
  if (path[1] === 'rate_limit_headers') return Object.keys(quotaHeadersShape);
  if (path[1] === 'price') return Object.keys(priceShape);
  return path[1] === 'timeouts' ? Object.keys(timeoutShape) : modelKeys;
}

function isLength(per: number | string): boolean {
  try {
    return toMs(per) > 0;
  } catch {
    return false;
  }
}

function isPlain(text: string): boolean {
  const { username, password, search, hash } = addressOf(text)!;
  return `${username}${password}${search}${hash}` === '';
}

/** Also for keys that no schema has seen, from `$GROQ_API_KEY`. Empty = none. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

function or(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
