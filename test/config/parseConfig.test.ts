// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiKeyOf, parseConfig } from '../../src/config/index.js';
import { ConfigError } from '../../src/errors/index.js';
import { configErrorOf, expectHidden, realKey } from './fixtures.js';

const env = { GROQ_API_KEY: realKey, HOST: 'localhost:8080', EMPTY: '', SECRET: 'top-secret-value' };
const messageOf = (text: string) => configErrorOf(() => parseConfig(text, { path: 'config.json', env })).message;

describe('a good file', () => {
  test('may have comments, trailing commas, a byte order mark and "$schema"', () => {
    const text = `\uFEFF{
      "$schema": "./node_modules/rx-groq/config.schema.json",
      // the small one
      "openai/gpt-oss-20b": { "req_per_minute": 30, /* a day */ "req_per_day": 1000, },
    }`;
    const catalogue = parseConfig(text, { env });
    expect(catalogue.names).toEqual(['openai/gpt-oss-20b']);
    expect(catalogue.config).toEqual({ 'openai/gpt-oss-20b': { req_per_minute: 30, req_per_day: 1000 } });
  });

  test('has ${NAME} expanded in every string, once, and $${ read as a literal ${', () => {
    const text = `{ "a": { "base_url": "http://\${HOST}/v1", "api_key": "\${SECRET}", "model": "$\${HOST}", "pool": "\${EMPTY}p",
      "headers": { "x-a": "<\${HOST}|\${HOST}>" }, "windows": [{ "limit": 1, "per": "\${PER}" }] } }`;
    const entry = parseConfig(text, { env: { ...env, PER: '2s' } }).entry('a')!;
    expect(entry).toMatchObject({ baseUrl: 'http://localhost:8080/v1', model: '${HOST}', pool: 'p' });
    expect(entry.windows).toEqual([{ limit: 1, per: 2000, unit: 'requests', kind: 'sliding' }]);
    expect(apiKeyOf(entry)).toBe('top-secret-value');
  });

  test('does not expand what a variable holds', () => {
    const entry = parseConfig('{"a":{"model":"${A}"}}', { env: { A: '${B}' } }).entry('a');
    expect(entry?.model).toBe('${B}');
  });

  test('may name a model like a property that every object has', () => {
    const catalogue = parseConfig('{"constructor":{"req_per_minute":1}}', { env });
    expect(catalogue.names).toEqual(['constructor']);
    expect(catalogue.entry('toString')).toBeUndefined();
  });
});

describe('a mistake is shown with its place, its path and what was expected', () => {
  // Each text is line 2 of a file, inside of the entry "m"; the column is 5 where none is given.
  test.each([
    ['"req_per_minute": "30"', 'm.req_per_minute: expected a positive integer or -1, got "30"'],
    ['"req_per_minute": 0', 'm.req_per_minute: expected a positive integer or -1, got 0'],
    ['"req_per_day": -2', 'm.req_per_day: expected a positive integer or -1, got -2'],
    ['"token_per_minute": 1.5', 'm.token_per_minute: expected a positive integer or -1, got 1.5'],
    ['"token_per_day": null', 'm.token_per_day: expected a positive integer or -1, got null'],
    ['"context_window": []', 'm.context_window: expected a positive integer or -1, got an array'],
    ['"input_token_per_minute": {}', 'm.input_token_per_minute: expected a positive integer or -1, got an object'],
    ['"output_token_per_minute": true', 'm.output_token_per_minute: expected a positive integer or -1, got true'],
    ['"max_concurrent": "${HOST}"', 'm.max_concurrent: expected a positive integer or -1, got "${HOST}"'],
    ['"base_url": "api.groq.com"', 'm.base_url: expected an http or https URL, got "api.groq.com"'],
    ['"base_url": "ftp://x/"', 'm.base_url: expected an http or https URL, got "ftp://x/"'],
    ['"base_url": 5', 'm.base_url: expected an http or https URL, got 5'],
    [
      '"base_url": "https://me:pw@host/v1"',
      'm.base_url: expected a URL without user name, password, query and fragment (a key belongs into api_key or headers)',
    ],
    [
      '"base_url": "https://host/v1?key=abc"',
      'm.base_url: expected a URL without user name, password, query and fragment (a key belongs into api_key or headers)',
    ],
    ['"api_key": 5', 'm.api_key: expected a string, got 5'],
    [
      '"api_key": "gsk_…abcd"',
      'm.api_key: expected a key of visible ASCII characters, not the masked form that config$ shows',
    ],
    ['"model": ""', 'm.model: expected a name, got ""'],
    ['"pool": 7', 'm.pool: expected a name, got 7'],
    ['"dialect": "grok"', 'm.dialect: expected "groq" or "openai", got "grok"'],
    ['"refund": "always"', 'm.refund: expected "learn", "usage" or "never", got "always"'],
    ['"windows": {}', 'm.windows: expected an array of { limit, per, unit?, kind? }, got an object'],
    ['"windows": [5]', 'm.windows[0]: expected { limit, per, unit?, kind? }, got 5', 17],
    [
      '"windows": [{ "per": 5 }]',
      'm.windows[0].limit: expected a number of at least 0 (0 = closed for now), got nothing',
      17,
    ],
    [
      '"windows": [{ "limit": -1, "per": 5 }]',
      'm.windows[0].limit: expected a number of at least 0 (0 = closed for now), got -1',
      19,
    ],
    [
      '"windows": [{ "limit": 1, "per": "1 minute" }]',
      "m.windows[0].per: expected a whole number of ms (at least 1) or '600ms', '1s', '1m', '1h', '1d', got \"1 minute\"",
      31,
    ],
    [
      '"windows": [{ "limit": 1, "per": 5, "unit": "token" }]',
      'm.windows[0].unit: expected "requests", "tokens", "input_tokens" or "output_tokens", got "token"',
      41,
    ],
    [
      '"windows": [{ "limit": 1, "per": 5, "kind": "fixed" }]',
      'm.windows[0].kind: expected "sliding" or "bucket", got "fixed"',
      41,
    ],
    [
      '"windows": [{ "limit": 1, "per": 5, "units": "tokens" }]',
      'm.windows[0].units: unknown key, did you mean "unit"?',
      41,
    ],
    ['"headers": "x"', 'm.headers: expected an object of strings'],
    ['"headers": { "x y": "z" }', 'm.headers.x y: expected a header name', 18],
    ['"headers": { "x": 5 }', 'm.headers.x: expected a string, got 5', 18],
    [
      '"headers": { "x": "a\\nb" }',
      'm.headers.x: expected characters that a header can carry, not the masked form that config$ shows',
      18,
    ],
    ['"timeouts": 5', 'm.timeouts: expected an object, got 5'],
    [
      '"timeouts": { "head": 0 }',
      'm.timeouts.head: expected a whole number of ms from 1 to 2147483647, or -1 for none, got 0',
      19,
    ],
    ['"timeouts": { "iddle": 5 }', 'm.timeouts.iddle: unknown key, did you mean "idle"?', 19],
    ['"req_per_minut": 5', 'm.req_per_minut: unknown key, did you mean "req_per_minute"?'],
    ['"requests_per_day": 5', 'm.requests_per_day: unknown key, did you mean "req_per_day"?'],
    ['"reqPerMinute": 5', 'm.reqPerMinute: unknown key, did you mean "req_per_minute"?'],
    ['"tpd": 5', 'm.tpd: unknown key, did you mean "token_per_day"?'],
    ['"ITPM": 5', 'm.ITPM: unknown key, did you mean "input_token_per_minute"?'],
    ['"apikey": "x"', 'm.apikey: unknown key, did you mean "api_key"?'],
    [
      '"colour": "red"',
      'm.colour: unknown key; known are base_url, api_key, req_per_minute, req_per_day, token_per_minute, token_per_day, context_window, model, pool, dialect, refund, count_from, input_token_per_minute, output_token_per_minute, max_concurrent, windows, rate_limit_headers, price, headers, timeouts',
    ],
    ['"pool": "a", "pool": "b"', 'm.pool: given twice, first on line 2', 18],
    ['"__proto__": { "polluted": true }', 'm.__proto__: not allowed as a key'],
    ['"api_key": "${NOPE}"', 'm.api_key: environment variable NOPE is not set; set it, or write $${ for a literal ${'],
    [
      '"headers": { "x": "${A}${A}${toString}" }',
      [
        'm.headers.x: environment variable A is not set; set it, or write $${ for a literal ${',
        'm.headers.x: environment variable toString is not set; set it, or write $${ for a literal ${',
      ],
      18,
    ],
    [
      '"model": "${HOST:-localhost}"',
      'm.model: expected the name of an environment variable in ${…}; $${ stands for a literal ${',
    ],
  ] as [string, string | string[], number?][])('%s', (line, expected, column = 5) => {
    const lines = [expected].flat().map(text => `config.json:2:${column} ${text}`);
    expect(messageOf(`{ "m": {\n    ${line}\n} }`)).toBe(lines.join('\n'));
  });

  test.each([
    ['', 'config.json: the file is empty, expected an object of models by name'],
    ['// nothing yet\n', 'config.json: the file is empty, expected an object of models by name'],
    ['[1]', 'config.json:1:1 expected an object of models by name, got an array'],
    ['"text"', 'config.json:1:1 expected an object of models by name, got a string'],
    ['\n null', 'config.json:2:2 expected an object of models by name, got null'],
    ['{ "m": 5 }', 'config.json:1:3 m: expected an object, got 5'],
    ['{ "$schema": 5 }', 'config.json:1:3 $schema: expected a string, got 5'],
    ['{ "__proto__": {} }', 'config.json:1:3 __proto__: not allowed as a key'],
    ['{\n  "m": {},\r\n  "m": {}\n}', 'config.json:3:3 m: given twice, first on line 2'],
    ['['.repeat(100_000), 'config.json: nested too deeply to be a configuration'],
  ])('%.20s', (text, expected) => {
    expect(messageOf(text)).toBe(expected);
  });

  test.each([
    ['{ "a": {} "b": {} }', '1:11 expected a comma before this'],
    ['{ "a" {} }', '1:7 expected a colon'],
    ['{ "a": }', '1:8 expected a value'],
    ['{ "a": {\n  "model": \'x\' } }', '2:12 expected a value or a name in double quotes'],
    ['{ a: {} }', '1:3 expected a value or a name in double quotes'],
    ['{ "a": {} } }', '1:13 expected nothing more after the closing brace'],
    ['{ "a": {', '1:9 expected a closing brace }'],
    ['{ "a": {"windows": [', '1:21 expected a closing bracket ]'],
    ['{ "a": { "model": "x\n } }', '1:19 this string does not end on its line'],
    ['{ "a": { "model": "\\x" } }', '1:19 expected one of " \\ / b f n r t u after a backslash'],
    ['{ /* a }', '1:3 this comment does not end'],
  ])('bad syntax: %s', (text, expected) => {
    expect(messageOf(text)).toBe(`config.json:${expected}`);
  });
});

describe('all mistakes of a file are reported together', () => {
  const text = `{
  "llama": {
    "req_per_minute": "30",
    "req_per_dya": 1000
  },
  "qwen": { "api_key": "\${NOPE}", "windows": [{ "limit": 5 }] }
}`;

  test('in the order of their lines', () => {
    expect(messageOf(text)).toBe(
      `config.json:3:5 llama.req_per_minute: expected a positive integer or -1, got "30"
config.json:4:5 llama.req_per_dya: unknown key, did you mean "req_per_day"?
config.json:6:13 qwen.api_key: environment variable NOPE is not set; set it, or write $\${ for a literal \${
config.json:6:47 qwen.windows[0].per: expected a whole number of ms (at least 1) or '600ms', '1s', '1m', '1h', '1d', got nothing`,
    );
  });

  test('and as issues that a program can read', () => {
    const { issues, kind } = configErrorOf(() => parseConfig(text, { env }));
    expect(kind).toBe('config');
    expect(issues[0]).toEqual({
      path: 'llama.req_per_minute',
      message: 'req_per_minute: expected a positive integer or -1, got "30"',
      line: 3,
      column: 5,
    });
    expect(issues.map(({ path, line }) => [path, line])).toEqual([
      ['llama.req_per_minute', 3],
      ['llama.req_per_dya', 4],
      ['qwen.api_key', 6],
      ['qwen.windows[0].per', 6],
    ]);
  });

  test('with those of syntax, as far as the text can be trusted', () => {
    expect(messageOf('{ "a": { "pool": 1 } "b": { "pool": 2 },\n c: { "pool": 3 } }')).toBe(
      `config.json:1:10 a.pool: expected a name, got 1
config.json:1:22 expected a comma before this
config.json:1:29 b.pool: expected a name, got 2
config.json:2:2 expected a value or a name in double quotes`,
    );
  });
});

describe('no message repeats a secret', () => {
  test.each([
    `{ "m": { "api_key": ["${realKey}"] } }`,
    `{ "m": { "api_key": "${realKey}é" } }`,
    `{ "m": { "headers": { "authorization": "Bearer ${realKey}\\n" } } }`,
    `{ "m": { "headers": "${realKey}" } }`,
    `{ "m": { "base_url": "https://user:${realKey}@host/" } }`,
    `{ "m": { "base_url": "${realKey}" } }`,
    `{ "m": { "dialect": "${realKey}" } }`,
    `{ "m": { "req_per_minute": "\${GROQ_API_KEY}" } }`,
    `{ "m": { "base_url": "\${GROQ_API_KEY}" } }`,
    `{ "m": { "api_key": "\${${realKey}}" } }`,
    `{ "m": { "${realKey}": 1 } }`,
    `{ "api_key": "${realKey}" }`,
    `{ "m": { "api_kye": "${realKey}" } }`,
    `"${realKey}"`,
    `{ "m": { "api_key": "${realKey} } }`,
    `{ "m": { "api_key": ${realKey} } }`,
  ])('%s', text => {
    expectHidden(
      configErrorOf(() => parseConfig(text, { env })),
      realKey,
    );
  });
});

describe('whatever the text', () => {
  test('nothing but a ConfigError is thrown, each issue within the text', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '\\',
        '\n',
        '//',
        '/*',
        '*/',
        '${',
        '}',
        '$${',
        '"m"',
        '"*"',
        '"windows"',
        '"per"',
      ],
      ...[
        '"req_per_minute"',
        '"headers"',
        '"__proto__"',
        '"pool"',
        '-1',
        '1e999',
        'null',
        'true',
        '"${HOST}"',
        '"constructor"',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(piece, { maxLength: 30 }).map(all => all.join('')),
    );
    fc.assert(
      fc.property(text, text => {
        try {
          parseConfig(text, { env });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          const { issues } = error as ConfigError;
          expect(issues.length).toBeGreaterThan(0);
          const lines = text.split(/\r\n|\r|\n/);
          for (const { line, column } of issues) {
            if (line !== undefined) expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
          }
        }
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
