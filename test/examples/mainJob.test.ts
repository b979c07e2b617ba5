import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asking, figure, folder, LARGE, PATIENCE, prompt, SMALL, simulate, start } from './harness.js';

const PROMPTS = readFileSync(new URL('../../examples/prompts.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line));

describe('examples/prompts.jsonl', () => {
  it('has forty prompts of two models, of every kind and priority, each with a cap', () => {
    expect(PROMPTS).toHaveLength(40);
    expect(new Set(PROMPTS.map(({ model }) => model))).toEqual(new Set([SMALL, LARGE]));
    expect(new Set(PROMPTS.map(({ priority }) => priority))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(new Set(PROMPTS.map(({ context }) => context.kind))).toEqual(
      new Set(['question', 'summary', 'translation', 'extraction', 'long']),
    );
    expect(new Set(PROMPTS.map(({ context }) => context.id)).size).toBe(40);
    expect(PROMPTS.every(line => line.max_completion_tokens >= 160 && line.max_completion_tokens <= 1400)).toBe(true);
  });
});

describe('npm start', () => {
  it(
    'answers all forty without a refusal in under 40 s, and its summary is true to the results',
    PATIENCE,
    async () => {
      const { path, results } = folder();
      const { code, stdout, stderr } = await start([], { cwd: path }).exit;
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Simulation: there is no GROQ_API_KEY/);

      const lines = results();
      expect(lines.map(({ line }) => line).sort((a, b) => a - b)).toEqual(PROMPTS.map((_, index) => index + 1));
      for (const result of lines) {
        const asked = PROMPTS[result.line - 1];
        expect(result).toMatchObject({
          ok: true,
          context: asked.context,
          model: asked.model,
          priority: asked.priority,
          attempts: 1,
          refusals: 0,
        });
        expect(result.answer).toMatch(/simulated/);
        expect(result.usage.completion_tokens).toBeLessThanOrEqual(asked.max_completion_tokens);
        expect(result.queuedMs + result.firstTokenMs).toBeLessThanOrEqual(result.totalMs + 2); // each is rounded
      }
      const ends = lines.map(({ finishedAt }) => Date.parse(finishedAt));
      expect(ends).toEqual([...ends].sort((a, b) => a - b));

      const sum = (amount: (result: (typeof lines)[number]) => number) =>
        lines.reduce((total, result) => total + amount(result), 0);
      expect(figure(stdout, 'answered')).toBe(40);
      expect(figure(stdout, 'failed')).toBe(0);
      expect(figure(stdout, 'retried')).toBe(0);
      expect(figure(stdout, 'refused by the server')).toBe(0);
      expect(figure(stdout, 'requests sent')).toBe(40);
      expect(figure(stdout, 'tokens sent')).toBe(sum(({ usage }) => usage.prompt_tokens));
      expect(figure(stdout, 'tokens received')).toBe(sum(({ usage }) => usage.completion_tokens));
      expect(figure(stdout, 'time taken')).toBeLessThan(40);

      const waits = (priority: number) =>
        lines.filter(result => result.priority === priority).map(({ queuedMs }) => queuedMs as number);
      for (const priority of [1, 10]) {
        const [, second, third] = waits(priority).sort((a, b) => a - b) as [number, number, number, number];
        expect(figure(stdout, ` ${priority}`)).toBeCloseTo((second + third) / 2000, 1);
      }
      expect(Math.max(...waits(1))).toBeLessThan(Math.max(...waits(10)));
      expect(stdout.match(/^\d\d:\d\d:\d\d ✔ {1,2}#\d+ p\d+ +gpt-oss-\S+ +waited +\d+\.\d s \S/gm)).toHaveLength(40);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: there shall be none
      expect(stdout).not.toMatch(/[\u001B\r]/);
    },
  );

  it('asks the server of GROQ_BASE_URL with the key, and counts what that says', PATIENCE, async () => {
    const simulator = await simulate({ apiKeys: ['gsk_test'] });
    simulator.fault([
      { kind: 'status', status: 503 },
      { kind: 'status', status: 400 },
    ]);
    const { write, path, results } = folder();
    const file = write('own.jsonl', ...[6, 7, 8].map(term => prompt(`What is 1+${term}?`, { context: { term } })));
    const { code, stdout } = await start([file, '-o', 'out.jsonl'], { cwd: path, env: asking(simulator) }).exit;
    expect(code).toBe(1);
    expect(stdout.split('\n')[0]).toBe(
      `Server of your own: ${simulator.url}, with the key in GROQ_API_KEY. What is asked counts against its quota.`,
    );
    const lines = results('out.jsonl');
    const answered = lines.filter(({ ok }) => ok);
    expect(lines.filter(({ ok }) => !ok)).toMatchObject([{ error: { kind: 'api' }, attempts: 1 }]);
    expect(answered.map(({ context, answer }) => `${context.term + 1} ${answer}`)).toEqual(
      answered.map(({ answer }) => `${Number.parseInt(answer, 10)} ${answer}`),
    );
    expect(simulator.stats()).toMatchObject({ requests: 4, completed: 2, refused: 0 });
    expect(figure(stdout, 'requests sent')).toBe(4);
    expect(figure(stdout, 'retried')).toBe(1);
    expect([figure(stdout, 'answered'), figure(stdout, 'failed')]).toEqual([2, 1]);
  });

  it('reads standard input, and sends the most urgent first, wherever it stands', PATIENCE, async () => {
    const { url } = await simulate();
    const { path, write, results } = folder();
    const config = write(
      'config.json',
      JSON.stringify({ [SMALL]: { base_url: url, max_concurrent: 1, api_key: 'gsk_test', token_per_minute: 8000 } }),
    );
    const lines = [9, 5, 1, 7, 3].map(priority => prompt(`What is 1+${priority}?`, { priority }));
    const input = `\uFEFF${lines.join('\r\n\r\n')}`;
    const env = { GROQ_API_KEY: 'gsk_test', GROQ_CONFIG_PATH: config };
    expect((await start(['-'], { cwd: path, env, input }).exit).code).toBe(0);
    expect(results().map(({ line, priority }) => `${line}: ${priority}`)).toEqual([
      '5: 1',
      '9: 3',
      '3: 5',
      '7: 7',
      '1: 9',
    ]);
  });

  it('reports each broken line with its number, runs the others, and ends with 1', PATIENCE, async () => {
    const { path, write, results } = folder();
    const file = write(
      'own.jsonl',
      prompt('What is 7+7?'),
      '{"model": "openai/gpt-oss-20b", "messages": [',
      '["no", "object"]',
      prompt('x', { priority: 11 }),
      prompt('x', { messages: [] }),
      prompt('x', { model: 'openai/gpt-oss-21b' }),
      prompt('What is 7+8?'),
    );
    const { code, stdout } = await start([file], { cwd: path, env: asking(await simulate()) }).exit;
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ line 2 is no request: .*JSON/);
    expect(stdout).toMatch(/✘ line 3 is no request: expected a JSON object with "model" and "messages"/);
    expect(stdout).toMatch(/✘ +#4 .*request_invalid: priority/);
    expect(stdout).toMatch(/✘ +#5 .*request_invalid: messages/);
    expect(stdout).toMatch(/✘ +#6 .*request_invalid: .*openai\/gpt-oss-21b/);
    const kinds = results().sort((a, b) => a.line - b.line);
    expect(kinds.map(({ ok, error }) => (ok ? 'ok' : error.kind))).toEqual([
      'ok',
      'broken_line',
      'broken_line',
      'request_invalid',
      'request_invalid',
      'request_invalid',
      'ok',
    ]);
    expect([figure(stdout, 'answered'), figure(stdout, 'failed'), figure(stdout, 'requests sent')]).toEqual([2, 5, 2]);
  });

  it('says that it can not write the results before it sends anything', PATIENCE, async () => {
    const simulator = await simulate();
    const { path, write } = folder();
    write('own.jsonl', prompt('What is 7+7?'));
    const output = join(path, 'nowhere', 'results.jsonl');
    const exit = await start(['own.jsonl', '--output', output], { cwd: path, env: asking(simulator) }).exit;
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    expect(exit.stderr).toBe(
      `The results can't be written to ${output}: ENOENT: no such file or directory, open '${output}'. Give another file with --output FILE.\n`,
    );
    expect(simulator.stats().connections + simulator.stats().requests).toBe(0);
  });

  it('ends with 2 for a wrong argument, saying what to do', PATIENCE, async () => {
    const exit = await start(['--outptu', 'x']).exit;
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    expect(exit.stderr).toMatch(/^Unknown option '--outptu'.*\nUsage: npm start -- \[FILE or -\]/);
  });
});
