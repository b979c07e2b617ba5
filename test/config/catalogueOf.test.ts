// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiKeyOf,
  type ChatConfig,
  catalogueOf,
  headersOf,
  type ModelConfig,
  parseConfig,
} from '../../src/config/index.js';
import { configErrorOf, realKey } from './fixtures.js';

const env = { GROQ_API_KEY: realKey };
const entryOf = (config: ModelConfig, variables: Record<string, string> = env) =>
  catalogueOf({ m: config }, { env: variables }).entry('m')!;

describe('an entry', () => {
  test('is complete where nothing was said', () => {
    expect(entryOf({})).toEqual({
      name: 'm',
      model: 'm',
      baseUrl: 'https://api.groq.com/openai/v1',
      dialect: 'groq',
      refund: 'learn',
      countFrom: 'head',
      pool: 'm',
      windows: [],
      maxConcurrent: Number.POSITIVE_INFINITY,
      contextWindow: Number.POSITIVE_INFINITY,
      timeouts: {},
    });
  });

  test('has everything that was said', () => {
    const entry = entryOf({
      base_url: 'http://localhost:8080/v1///',
      model: 'real-name',
      pool: 'org',
      dialect: 'groq',
      refund: 'never',
      max_concurrent: 4,
      context_window: 8192,
      headers: { 'X-Team': 'blue' },
      timeouts: { head: 5, idle: -1, total: undefined },
    });
    expect(entry).toMatchObject({
      name: 'm',
      model: 'real-name',
      baseUrl: 'http://localhost:8080/v1',
      pool: 'org',
      refund: 'never',
      maxConcurrent: 4,
      contextWindow: 8192,
    });
    expect(entry.timeouts).toEqual({ head: 5, idle: Number.POSITIVE_INFINITY });
    expect(headersOf(entry)).toEqual({ 'x-team': 'blue' });
  });

  test('speaks groq with api.groq.com and openai with every other host, and expects refunds accordingly', () => {
    expect(entryOf({ base_url: 'https://api.groq.com/openai/v1' })).toMatchObject({ dialect: 'groq', refund: 'learn' });
    expect(entryOf({ base_url: 'https://api.groq.com.evil.org/' })).toMatchObject({
      dialect: 'openai',
      refund: 'usage',
    });
    expect(entryOf({ base_url: 'http://localhost/', dialect: 'groq' })).toMatchObject({ refund: 'learn' });
  });

  const sevenKeys: ModelConfig = {
    req_per_minute: 30,
    req_per_day: 14_400,
    token_per_minute: 6000,
    token_per_day: -1,
    input_token_per_minute: 7000,
    output_token_per_minute: 1000,
    windows: [{ limit: 5, per: '1s' }],
  };

  test.each([
    ['groq', 'bucket'],
    ['openai', 'sliding'],
  ] as const)('makes windows of its limits as a server of dialect %s counts', (dialect, kind) => {
    expect(entryOf({ ...sevenKeys, dialect }).windows).toEqual([
      { limit: 30, per: 60_000, unit: 'requests', kind },
      { limit: 14_400, per: 86_400_000, unit: 'requests', kind },
      { limit: 6000, per: 60_000, unit: 'tokens', kind },
      { limit: 7000, per: 60_000, unit: 'input_tokens', kind },
      { limit: 1000, per: 60_000, unit: 'output_tokens', kind },
      { limit: 5, per: 1000, unit: 'requests', kind: 'sliding' },
    ]);
  });

  test('may be closed by a further window of limit 0', () => {
    expect(entryOf({ windows: [{ limit: 0, per: '1m', kind: 'bucket' }] }).windows[0]?.limit).toBe(0);
  });
});

describe('the key', () => {
  test('falls back to $GROQ_API_KEY for api.groq.com over https, and goes to no other host', () => {
    expect(apiKeyOf(entryOf({}))).toBe(realKey);
    expect(apiKeyOf(entryOf({ api_key: '' }))).toBe(realKey);
    expect(apiKeyOf(entryOf({ api_key: 'own' }))).toBe('own');
    expect(apiKeyOf(entryOf({ base_url: 'http://api.groq.com/openai/v1' }))).toBeUndefined();
    expect(apiKeyOf(entryOf({ base_url: 'https://api.openai.com/v1' }))).toBeUndefined();
    expect(apiKeyOf(entryOf({ base_url: 'https://api.openai.com/v1', dialect: 'groq' }))).toBeUndefined();
    expect(apiKeyOf(entryOf({}, {}))).toBeUndefined();
  });

  test('loses the line end that a secret file often has', () => {
    expect(apiKeyOf(entryOf({ api_key: ' own\n' }))).toBe('own');
    expect(apiKeyOf(entryOf({}, { GROQ_API_KEY: `${realKey}\n` }))).toBe(realKey);
  });

  test('of the environment is checked like one that was written', () => {
    expect(configErrorOf(() => entryOf({}, { GROQ_API_KEY: 'gsk_\u20ac' })).message).toBe(
      'm.api_key: environment variable GROQ_API_KEY holds characters that no key has',
    );
  });
});

describe('the entry "*"', () => {
  const catalogue = catalogueOf({ listed: {}, '*': { req_per_minute: 7, base_url: 'http://localhost/v1' } }, { env });

  test('stands for every model that is not listed, each in a pool of its own', () => {
    expect(catalogue.names).toEqual(['listed']);
    expect(catalogue.entry('listed')?.windows).toEqual([]);
    expect(catalogue.entry('any')).toMatchObject({
      name: 'any',
      model: 'any',
      pool: 'any',
      baseUrl: 'http://localhost/v1',
    });
    expect(catalogue.entry('any')?.windows).toEqual([{ limit: 7, per: 60_000, unit: 'requests', kind: 'sliding' }]);
    expect(catalogue.entry('')).toBeUndefined();
    expect(catalogue.entry('*')).toBeUndefined();
  });

  test('gives the same object each time', () => {
    expect(catalogue.entry('any')).toBe(catalogue.entry('any'));
    expect(catalogue.entry('any')).not.toBe(catalogue.entry('other'));
    expect(catalogue.entry('listed')).toBe(catalogue.entry('listed'));
  });

  test('may name one pool for all of them', () => {
    const shared = catalogueOf(
      { '*': { pool: 'org', req_per_minute: 7 }, a: { pool: 'org', req_per_minute: 9 } },
      { env },
    );
    expect(shared.entry('x')).toMatchObject({ pool: 'org', model: 'x' });
    expect(shared.entry('x')?.windows).toEqual(shared.entry('a')?.windows);
    expect(shared.entry('a')?.windows[0]?.limit).toBe(7);
  });

  test('without it an unknown model has no entry', () => {
    expect(catalogueOf({ a: {} }, { env }).entry('b')).toBeUndefined();
  });
});

describe('entries of one pool', () => {
  test('share all windows, the lowest limit of each unit, length and kind', () => {
    const { entry } = catalogueOf(
      {
        a: { pool: 'p', req_per_minute: 30, token_per_minute: 6000, max_concurrent: 5 },
        b: { pool: 'p', req_per_minute: 20, req_per_day: 100 },
        p: { windows: [{ limit: 1, per: '1m', kind: 'sliding' }], max_concurrent: 3 },
        alone: { req_per_minute: 1 },
      },
      { env },
    );
    const windows = [
      { limit: 20, per: 60_000, unit: 'requests', kind: 'bucket' },
      { limit: 6000, per: 60_000, unit: 'tokens', kind: 'bucket' },
      { limit: 100, per: 86_400_000, unit: 'requests', kind: 'bucket' },
      { limit: 1, per: 60_000, unit: 'requests', kind: 'sliding' },
    ];
    for (const name of ['a', 'b', 'p']) {
      expect(entry(name)).toMatchObject({ pool: 'p', maxConcurrent: 3 });
      expect(entry(name)?.windows).toEqual(windows);
    }
    expect(entry('alone')?.windows).toHaveLength(1);
  });
});

describe('a catalogue', () => {
  const { nearest, successor } = catalogueOf(
    { 'openai/gpt-oss-120b': {}, 'openai/gpt-oss-20b': {}, 'qwen/qwen3.8-27b': {} },
    { env },
  );

  test.each([
    ['gpt-oss-20b', 'openai/gpt-oss-20b'],
    ['openai/gpt-oss-120', 'openai/gpt-oss-120b'],
    ['GPT_OSS_120B', 'openai/gpt-oss-120b'],
    ['qwen3.6-27b', 'qwen/qwen3.8-27b'],
  ])('lists its models nearest to %s first', (written, first) => {
    expect(nearest(written)[0]).toBe(first);
    expect(nearest(written)).toHaveLength(3);
  });

  test('knows what takes the place of a retired model', () => {
    expect(successor('llama-3.1-8b-instant')).toBe('openai/gpt-oss-20b');
    expect(successor('openai/gpt-oss-20b')).toBeUndefined();
  });
});

describe('a configuration object', () => {
  test('is checked as a file is, without lines', () => {
    const config = { a: { req_per_minute: '30', tpm: 5 }, b: undefined } as unknown as ChatConfig;
    expect(configErrorOf(() => catalogueOf(config, { env, source: 'the settings' })).message).toBe(
      `the settings: a.req_per_minute: expected a positive integer or -1, got "30"
the settings: a.tpm: unknown key, did you mean "token_per_minute"?
the settings: b: expected an object, got nothing`,
    );
  });

  test.each([
    [null, 'expected an object of models by name, got null'],
    [new Map(), 'expected an object of models by name, got a Map'],
    [Promise.resolve({}), 'expected an object of models by name, got a Promise'],
    [{ m: [] }, 'm: expected an object, got an array'],
    [{ m: { api_key: () => realKey } }, 'm.api_key: expected a string, got a function'],
    [{ m: { req_per_minute: 10n } }, 'm.req_per_minute: expected a positive integer or -1, got a bigint'],
    [{ m: { req_per_minute: Number.NaN } }, 'm.req_per_minute: expected a positive integer or -1, got NaN'],
  ])('%# is refused', (config, message) => {
    expect(configErrorOf(() => catalogueOf(config as never, { env })).message).toBe(message);
  });

  test('that contains itself is refused and not followed for ever', () => {
    const config: Record<string, unknown> = { m: { windows: [] } };
    (config.m as { windows: unknown[] }).windows.push(config);
    expect(configErrorOf(() => catalogueOf(config as ChatConfig, { env })).message).toContain('m.windows[0]');
  });

  test('is not changed, and what is made of it is frozen', () => {
    const config = { m: { windows: [{ limit: 1, per: '1s' }], api_key: realKey } };
    const before = structuredClone(config);
    const catalogue = catalogueOf(config, { env });
    expect(config).toEqual(before);
    expect(Object.isFrozen(catalogue.config) && Object.isFrozen(catalogue.config.m?.windows)).toBe(true);
    expect(Object.isFrozen(catalogue.entry('m')) && Object.isFrozen(catalogue.names)).toBe(true);
  });
});

describe('any valid configuration', () => {
  const limit = fc.oneof(fc.constant(-1), fc.integer({ min: 1 }));
  // "${" in a string would be a reference.
  const text = fc
    .oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.constantFrom('${A}', '$${A}', '$$${'))
    .map(value => value.replaceAll('${', () => '$${'));
  const window = fc.record(
    {
      limit: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      per: fc.oneof(fc.integer({ min: 1 }), fc.constantFrom('600ms', '1s', '1.5m', '1h', '1d')),
      unit: fc.constantFrom('requests', 'tokens', 'input_tokens', 'output_tokens'),
      kind: fc.constantFrom('sliding', 'bucket'),
    },
    { requiredKeys: ['limit', 'per'] },
  );
  const header = fc.stringMatching(/^x-[b-j]{1,5}$/); // none that sounds like a secret
  const model = fc.record(
    {
      base_url: fc.webUrl(),
      req_per_minute: limit,
      req_per_day: limit,
      token_per_minute: limit,
      token_per_day: limit,
      context_window: limit,
      model: text,
      pool: text,
      dialect: fc.constantFrom('groq', 'openai'),
      refund: fc.constantFrom('learn', 'usage', 'never'),
      count_from: fc.constantFrom('head', 'end'),
      input_token_per_minute: limit,
      output_token_per_minute: limit,
      max_concurrent: limit,
      windows: fc.array(window, { maxLength: 3 }),
      rate_limit_headers: fc.array(
        fc.record({
          unit: fc.constantFrom('requests', 'tokens'),
          per: fc.constantFrom('1m', 86_400_000),
          limit: header,
          remaining: header,
          reset: header,
        }),
        { maxLength: 2 },
      ),
      headers: fc.dictionary(header, fc.stringMatching(/^[ -#%-~]*$/)),
      timeouts: fc.record({ connect: limit, head: limit, idle: limit, total: limit }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<ModelConfig>;
  const config = fc.dictionary(
    text.filter(name => name !== '__proto__' && name !== '$schema'),
    model,
  ) as fc.Arbitrary<ChatConfig>;
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

  test('comes out as it went in, from an object and from text, and can go in again', () => {
    fc.assert(
      fc.property(config, config => {
        const catalogue = catalogueOf(config, { env: {} });
        expect(plain(catalogue.config)).toEqual(plain(config));
        expect(parseConfig(JSON.stringify(config), { env: {} }).config).toEqual(catalogue.config);
        expect(catalogueOf(plain(catalogue.config), { env: {} }).config).toEqual(catalogue.config);
      }),
    );
  });

  test('gives each pool one set of windows, never above what any of its entries says', () => {
    const pooled = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.tuple(model, fc.constantFrom('p', 'q')).map(([model, pool]) => ({ ...model, pool })),
    ) as fc.Arbitrary<ChatConfig>;
    fc.assert(
      fc.property(pooled, config => {
        const catalogue = catalogueOf(config, { env: {} });
        for (const name of catalogue.names) {
          const shared = catalogue.entry(name)!;
          const alone = catalogueOf({ [name]: config[name]! }, { env: {} }).entry(name)!;
          for (const own of alone.windows) {
            const same = shared.windows.filter(w => w.unit === own.unit && w.per === own.per && w.kind === own.kind);
            expect(same).toHaveLength(1);
            expect(same[0]!.limit).toBeLessThanOrEqual(own.limit);
          }
          for (const other of catalogue.names.map(name => catalogue.entry(name)!)) {
            if (other.pool === shared.pool) expect(other.windows).toEqual(shared.windows);
          }
        }
      }),
    );
  });
});
