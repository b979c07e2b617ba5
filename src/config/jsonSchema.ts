// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template

/* What editors show. Apart from the schema itself, which is in every browser's bundle. */

import * as z from 'zod/mini';
import { configSchema, tokenPattern } from './schema.js';

/** By key: what it means, and what holds where it is left out. */
type Texts = Readonly<Record<string, string | readonly [text: string, absent: string]>>;

const model: Texts = {
  base_url: ['Where the API is. In a page a path alone is of its own server.', 'https://api.groq.com/openai/v1'],
  api_key: 'Best as "${NAME}" from the environment. Absent: $GROQ_API_KEY, for api.groq.com only.',
  req_per_minute: 'Requests a minute. -1 or absent: unlimited.',
  req_per_day: 'Requests a day. -1 or absent: unlimited.',
  token_per_minute: 'Tokens a minute, prompt and answer together. -1 or absent: unlimited.',
  token_per_day: 'Tokens a day, prompt and answer together. -1 or absent: unlimited.',
  context_window: 'Tokens of prompt and answer that the model can hold. -1 or absent: unlimited.',
  model: "The name sent. Absent: the entry's own name.",
  pool: 'Entries of one pool share one set of windows and one line; the lowest limits hold.',
  dialect: 'How the server counts and speaks. Absent: groq for api.groq.com, openai for every other host.',
  refund: 'When the unused part of a reservation comes back. Absent: learn for groq, usage for openai.',
  count_from: 'When the server counts tokens: as it takes a request, or as the answer ends. Absent: head.',
  input_token_per_minute: 'Prompt tokens a minute. -1 or absent: unlimited.',
  output_token_per_minute: 'Answer tokens a minute. -1 or absent: unlimited.',
  max_concurrent: 'Requests in flight at once. -1 or absent: unlimited.',
  windows: 'Any further windows.',
  rate_limit_headers: "Which response headers speak of which window. Absent: the dialect's.",
  price: 'Per million tokens, in any currency. For `budgets` of money.',
  headers: 'Sent with every request.',
  timeouts: 'All in ms; -1 = none.',
};

const window: Texts = {
  limit: '0 = closed for now.',
  per: "ms, or '600ms', '1s', '1m', '1h', '1d'.",
  unit: ['What is counted.', 'requests'],
  kind: [
    'sliding: never more than limit in any such interval. bucket: refilled continuously, as Groq counts.',
    'sliding',
  ],
};

const header: Texts = {
  unit: ['What is counted.', 'requests'],
  per: "ms, or '600ms', '1s', '1m', '1h', '1d'.",
  limit: 'Name of the header that has the units that the window holds.',
  remaining: 'Name of the header that has the units that are left of it.',
  reset: 'Name of the header that says how long until it is full again.',
};

const price: Texts = {
  input: 'A million tokens of prompts.',
  output: 'A million tokens of answers.',
  cached_input: 'A million tokens of prompts that the server had cached. Absent: as input.',
};

const timeout: Texts = {
  connect: 'ms until the connection stands.',
  head: 'ms from there until the head of the response.',
  idle: 'ms between two contents of a stream.',
  total: 'ms for the whole request, without its wait in line.',
};

/** A node of a JSON Schema. */
interface Node {
  properties?: Record<string, Node>;
  additionalProperties?: Node;
  items?: Node;
  propertyNames?: { pattern: string };
}

/** The JSON Schema that is shipped as `config.schema.json` (draft 7, which every editor reads). */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
  const { additionalProperties: models } = schema as Node;
  describe(schema as Node, { $schema: 'For editors; not read.' });
  describe(models, model);
  const { windows, rate_limit_headers: headers, headers: sent, price: prices, timeouts } = models!.properties!;
  describe(windows!.items, window);
  describe(headers!.items, header);
  describe(prices, price);
  describe(timeouts, timeout);
  // What the schema checks by hand.
  sent!.propertyNames = { pattern: tokenPattern.source };
  return {
    ...schema,
    title: 'rx-groq configuration',
    description:
      'Models by name; the entry "*" holds the defaults of every model not listed. Comments and trailing commas are allowed. ${NAME} in a string is replaced from the environment ($${ for a literal ${).',
    allowTrailingCommas: true, // how editors are told; the standard has no word for it
  };
}

function describe(node: Node | undefined, texts: Texts): void {
  for (const [key, text] of Object.entries(texts)) {
    const [description, absent] = typeof text === 'string' ? [text] : text;
    node!.properties![key] = {
      description,
      ...(absent !== undefined && { default: absent }),
      ...node!.properties![key],
    } as Node;
  }
}
