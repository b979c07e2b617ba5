// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template
import { describe, expect, test } from 'vitest';
import { apiKeyOf, type ChatConfig, catalogueOf, headersOf, openConfig } from '../../src/config/index.js';
import { configErrorOf, expectHidden, realKey } from './fixtures.js';

const token = 'Bearer 0123456789abcdefghij';
const env = { KEY: realKey, TOKEN: token, GROQ_API_KEY: 'gsk_from-the-environment-wxyz' };
const config: ChatConfig = {
  written: { api_key: '${KEY}', headers: { Authorization: '${TOKEN}', 'x-api-key': 'tiny-key', 'X-Team': 'blue' } },
  fallback: {},
  short: { api_key: 'sk-12345', base_url: 'http://localhost/v1' },
  none: { base_url: 'http://localhost/v1' },
};
const catalogue = catalogueOf(config, { env });

describe('the public form', () => {
  test('shows a key as gsk_…abcd, a short one not at all', () => {
    expect(catalogue.config.written?.api_key).toBe('gsk_…abcd');
    expect(catalogue.config.fallback?.api_key).toBe('gsk_…wxyz');
    expect(catalogue.config.short?.api_key).toBe('…');
    expect(catalogue.config.none).not.toHaveProperty('api_key');
  });

  test('does not enumerate keys', () => {
    expect(Object.keys(catalogue.config.written!)).toEqual(['headers']);
    expect({ ...catalogue.config.written }).not.toHaveProperty('api_key');
    expect(JSON.parse(JSON.stringify(catalogue.config.written))).not.toHaveProperty('api_key');
  });

  test.each(['x-goog-api-key', 'Ocp-Apim-Subscription-Key', 'X-Auth-Token', 'Helicone-Auth', 'Proxy-Authorization'])(
    'masks %s, whoever has invented it',
    header => {
      const { config } = catalogueOf({ m: { base_url: 'http://localhost/v1', headers: { [header]: token } } }, { env });
      expect(config.m?.headers).toEqual({ [header]: 'Bear…ghij' });
    },
  );

  test('masks the headers that hold secrets, and only those', () => {
    expect(catalogue.config.written?.headers).toEqual({
      Authorization: 'Bear…ghij',
      'x-api-key': '…',
      'X-Team': 'blue',
    });
  });

  test('shows no secret in whatever way it is printed; nor do catalogue, entries and what was opened', () => {
    const entries = catalogue.names.map(name => catalogue.entry(name));
    expectHidden(
      [catalogue, entries, openConfig(config, { env })],
      realKey,
      token,
      'from-the-environment',
      'sk-12345',
      'tiny-key',
    );
  });
});

describe('what is sent', () => {
  test('has the real key and headers', () => {
    const entry = catalogue.entry('written')!;
    expect(apiKeyOf(entry)).toBe(realKey);
    expect(headersOf(entry)).toEqual({ authorization: token, 'x-api-key': 'tiny-key', 'x-team': 'blue' });
  });

  test('belongs to the entry itself and not to a copy', () => {
    expect(apiKeyOf({ ...catalogue.entry('written')! })).toBeUndefined();
  });
});

describe('an emitted entry that is put into another configuration', () => {
  test('keeps its key and headers, under another name too, whatever the environment has become', () => {
    const again = catalogueOf({ ...catalogue.config, alias: catalogue.config.written! }, { env: {} });
    for (const name of ['written', 'alias']) {
      expect(apiKeyOf(again.entry(name)!)).toBe(realKey);
      expect(headersOf(again.entry(name)!).authorization).toBe(token);
    }
    expect(apiKeyOf(again.entry('short')!)).toBe('sk-12345');
    expect(again.config).toEqual({ ...catalogue.config, alias: catalogue.config.written });
    const third = catalogueOf(again.config, { env: {} });
    expect(apiKeyOf(third.entry('alias')!)).toBe(realKey);
  });

  test('has what its variables held taken literally', () => {
    const { config } = catalogueOf({ m: { model: '$${A}${B}' } }, { env: { B: '${C}' } });
    expect(catalogueOf(config, { env: {} }).entry('m')?.model).toBe('${A}${C}');
    expect(catalogueOf({ m: { ...config.m } }, { env: {} }).entry('m')?.model).toBe('${A}${C}');
  });

  test('and whose masked key was copied as if it were one is refused', () => {
    const copied = { ...catalogue.config.written, api_key: catalogue.config.written!.api_key };
    expect(configErrorOf(() => catalogueOf({ m: copied }, { env })).issues.map(({ path }) => path)).toEqual([
      'm.api_key',
      'm.headers.Authorization',
      'm.headers.x-api-key',
    ]);
  });
});
