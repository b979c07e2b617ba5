// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template

import * as z from 'zod/mini';
import { toMs } from '../limits/index.js';

/*
 * The one description of a configuration: checks it, and makes the JSON Schema that editors complete from. Each message says what
 * is expected; check.ts adds what was found, because only there is known what may be shown.
 */

/** Optional, with what editors show; `absent`: what holds where it is left out. */
function described<T extends z.core.SomeType>(schema: T, description: string, absent?: string): z.ZodMiniOptional<T> {
  const optional = z.optional(schema);
  z.globalRegistry.add(optional as z.ZodMiniType, { description, ...(absent !== undefined && { default: absent }) });
  return optional;
}

const positiveOrMinusOne = 'expected a positive integer or -1';
const limit = (description: string) =>
  described(
    z.union([z.int().check(z.minimum(1, { error: positiveOrMinusOne })), z.literal(-1)], { error: positiveOrMinusOne }),
    `${description} -1 or absent: unlimited.`,
  );

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `expected ${or(values.map(value => JSON.stringify(value)))}` });

const name = () => z.string({ error: 'expected a name' }).check(z.minLength(1, { error: 'expected a name' }));

const strict = <T extends z.core.$ZodShape>(shape: T, what = 'an object') =>
  z.strictObject(shape, { error: issue => (issue.code === 'invalid_type' ? `expected ${what}` : undefined) });

/** Longer timers than this fire at once. */
const longestTimer = 2 ** 31 - 1;
const timeoutText = `expected a whole number of ms from 1 to ${longestTimer}, or -1 for none`;
const timeout = (description: string) =>
  described(
    z.union(
      [
        z.int().check(z.minimum(1, { error: timeoutText }), z.maximum(longestTimer, { error: timeoutText })),
        z.literal(-1),
      ],
      { error: timeoutText },
    ),
    description,
  );

const url = 'expected an http or https URL';
const noExtras =
  'expected a URL without user name, password, query and fragment (a key belongs into api_key or headers)';
const key = 'expected a key of visible ASCII characters, not the masked form that config$ shows';
const headerName = 'expected a header name';
const headerValue = 'expected characters that a header can carry, not the masked form that config$ shows';

const tokenPattern = /^[\w!#$%&'*+.^`|~-]+$/;
const headerNamed = (what: string) =>
  z
    .string({ error: headerName })
    .check(z.regex(tokenPattern, { error: headerName }))
    .register(z.globalRegistry, { description: `Name of the header that ${what}.` });

const windowLimit = 'expected a number of at least 0 (0 = closed for now)';
const windowPer = "expected a whole number of ms (at least 1) or '600ms', '1s', '1m', '1h', '1d'";

const windowShape = {
  limit: z
    .number({ error: windowLimit })
    .check(z.minimum(0, { error: windowLimit }))
    .register(z.globalRegistry, { description: '0 = closed for now.' }),
  per: z
    .union([z.int(), z.string()], { error: windowPer })
    .check(z.refine(isLength, { error: windowPer }))
    .register(z.globalRegistry, { description: "ms, or '600ms', '1s', '1m', '1h', '1d'." }),
  unit: described(choice(['requests', 'tokens', 'input_tokens', 'output_tokens']), 'What is counted.', 'requests'),
  kind: described(
    choice(['sliding', 'bucket']),
    'sliding: never more than limit in any such interval. bucket: refilled continuously, as Groq counts.',
    'sliding',
  ),
};

const timeoutShape = {
  connect: timeout('ms until the connection stands.'),
  head: timeout('ms from there until the head of the response.'),
  idle: timeout('ms between two contents of a stream.'),
  total: timeout('ms for the whole request, without its wait in line.'),
};

const amountText = 'expected a number of at least 0';
const amount = () => z.number({ error: amountText }).check(z.minimum(0, { error: amountText }));

const priceShape = {
  input: amount().register(z.globalRegistry, { description: 'A million tokens of prompts.' }),
  output: amount().register(z.globalRegistry, { description: 'A million tokens of answers.' }),
  cached_input: described(amount(), 'A million tokens of prompts that the server had cached. Absent: as input.'),
};

const quotaHeadersShape = {
  unit: windowShape.unit,
  per: windowShape.per,
  limit: headerNamed('has the units that the window holds'),
  remaining: headerNamed('has the units that are left of it'),
  reset: headerNamed('says how long until it is full again'),
};

const modelShape = {
  base_url: described(
    z
      .string({ error: url })
      .check(z.refine(isHttp, { error: url, abort: true }), z.refine(isPlain, { error: noExtras })),
    'Where the API is.',
    'https://api.groq.com/openai/v1',
  ),
  api_key: described(
    z.string({ error: 'expected a string' }).check(z.trim(), z.refine(isKey, { error: key })),
    'Best as "${NAME}" from the environment. Absent: $GROQ_API_KEY, for api.groq.com only.',
  ),
  req_per_minute: limit('Requests a minute.'),
  req_per_day: limit('Requests a day.'),
  token_per_minute: limit('Tokens a minute, prompt and answer together.'),
  token_per_day: limit('Tokens a day, prompt and answer together.'),
  context_window: limit('Tokens of prompt and answer that the model can hold.'),
  model: described(name(), "The name sent. Absent: the entry's own name."),
  pool: described(name(), 'Entries of one pool share one set of windows and one line; the lowest limits hold.'),
  dialect: described(
    choice(['groq', 'openai']),
    'How the server counts and speaks. Absent: groq for api.groq.com, openai for every other host.',
  ),
  refund: described(
    choice(['learn', 'usage', 'never']),
    'When the unused part of a reservation comes back. Absent: learn for groq, usage for openai.',
  ),
  count_from: described(
    choice(['head', 'end']),
    'When the server counts tokens: as it takes a request, or as the answer ends. Absent: head.',
  ),
  input_token_per_minute: limit('Prompt tokens a minute.'),
  output_token_per_minute: limit('Answer tokens a minute.'),
  max_concurrent: limit('Requests in flight at once.'),
  windows: described(
    z.array(strict(windowShape, '{ limit, per, unit?, kind? }'), {
      error: 'expected an array of { limit, per, unit?, kind? }',
    }),
    'Any further windows.',
  ),
  rate_limit_headers: described(
    z.array(strict(quotaHeadersShape, '{ unit, per, limit, remaining, reset }'), {
      error: 'expected an array of { unit, per, limit, remaining, reset }',
    }),
    "Which response headers speak of which window. Absent: the dialect's.",
  ),
  price: described(
    strict(priceShape, '{ input, output, cached_input? }'),
    'Per million tokens, in any currency. For `budgets` of money.',
  ),
  headers: described(
    z.record(
      z.string().check(z.regex(tokenPattern, { error: headerName })),
      z.string({ error: 'expected a string' }).check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: headerValue })),
      { error: issue => (issue.code === 'invalid_type' ? 'expected an object of strings' : undefined) },
    ),
    'Sent with every request.',
  ),
  timeouts: described(strict(timeoutShape), 'All in ms; -1 = none.'),
};

/** `"$schema"` beside models by name. */
export const configSchema: z.ZodMiniType = z
  .catchall(
    z.object(
      { $schema: described(z.string({ error: 'expected a string' }), 'For editors; not read.') },
      { error: 'expected an object of models by name' },
    ),
    strict(modelShape),
  )
  .register(z.globalRegistry, {
    title: 'rx-groq configuration',
    description:
      'Models by name; the entry "*" holds the defaults of every model not listed. Comments and trailing commas are allowed. ${NAME} in a string is replaced from the environment ($${ for a literal ${).',
  });

export const modelKeys: readonly string[] = Object.keys(modelShape);

/** The keys that may stand in the object at a path. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[1] === 'windows') return Object.keys(windowShape);
  if (path[1] === 'rate_limit_headers') return Object.keys(quotaHeadersShape);
  if (path[1] === 'price') return Object.keys(priceShape);
  return path[1] === 'timeouts' ? Object.keys(timeoutShape) : modelKeys;
}

/** The JSON Schema that is shipped as `config.schema.json` (draft 7, which every editor reads). */
export function configJsonSchema(): Record<string, unknown> {
  // `allowTrailingCommas` is how editors are told; the standard has no word for it.
  return { ...z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }), allowTrailingCommas: true };
}

function isLength(per: number | string): boolean {
  try {
    return toMs(per) > 0;
  } catch {
    return false;
  }
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isPlain(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return `${username}${password}${search}${hash}` === '';
}

/** Also for keys that no schema has seen, from `$GROQ_API_KEY`. Empty = none. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

function or(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
