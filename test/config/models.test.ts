import { describe, expect, test } from 'vitest';
import { apiKeyOf, builtInConfig, catalogueOf, maxOutputOf, modelTable, successorOf } from '../../src/config/index.js';

describe('the built-in model table', () => {
  const living = modelTable.living.map(({ id }) => id);

  test('is dated', () => {
    expect(new Date(modelTable.snapshot).toISOString().slice(0, 10)).toBe(modelTable.snapshot);
  });

  test('names every model once, living or retired', () => {
    const all = [...living, ...modelTable.retired.map(({ id }) => id)];
    expect(new Set(all).size).toBe(all.length);
  });

  test('gives every retired model a living successor, and a date before the snapshot', () => {
    for (const { id, until } of modelTable.retired) {
      expect(living).toContain(successorOf(id));
      expect(until < modelTable.snapshot).toBe(true);
    }
  });

  test('is a good configuration of the living models', () => {
    const catalogue = catalogueOf(builtInConfig({}), { env: {} });
    expect(catalogue.names).toEqual(living);
    expect(catalogue.entry('qwen/qwen3.8-27b')).toMatchObject({ dialect: 'groq', contextWindow: 131_042 });
    expect(catalogue.entry('qwen/qwen3.8-27b')?.windows.map(({ unit, limit, per }) => [unit, limit, per])).toEqual([
      ['requests', 30, 60_000],
      ['requests', 1000, 86_400_000],
      ['tokens', 8000, 60_000],
      ['tokens', 200_000, 86_400_000],
      ['input_tokens', 7000, 60_000],
      ['output_tokens', 1000, 60_000],
    ]);
  });

  test.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/openai/v1'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/openai/v1'],
    ['https://proxy.example/groq/v1', 'https://proxy.example/groq/v1'],
  ])('is for $GROQ_BASE_URL=%s where that is set, with $GROQ_API_KEY and as Groq counts', (given, baseUrl) => {
    const env = { GROQ_BASE_URL: given, GROQ_API_KEY: 'gsk_secret' };
    const entry = catalogueOf(builtInConfig(env), { env }).entry('openai/gpt-oss-20b')!;
    expect(entry).toMatchObject({ baseUrl, dialect: 'groq' });
    expect(apiKeyOf(entry)).toBe('gsk_secret');
  });

  test('knows the longest answer', () => {
    expect(maxOutputOf('openai/gpt-oss-20b')).toBe(65_536);
    expect(maxOutputOf('unheard-of')).toBeUndefined();
  });
});
