import { createChatClient } from 'rx-groq';
import { firstValueFrom, map, timer } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ask, clientFor, record, simulate } from './harness.js';

const prompt = { messages: [{ role: 'user', content: 'hello' }] };

it('counts the tokens of a prompt without an API key: nothing is sent', async () => {
  vi.stubEnv('GROQ_API_KEY', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const client = createChatClient({ 'openai/gpt-oss-20b': {} });
  onTestFinished(() => void client.close());
  expect(await firstValueFrom(client.countTokens({ ...prompt, model: 'openai/gpt-oss-20b' }))).toBe(72);
});

it('of an unknown model it counts none', async () => {
  const client = createChatClient({ 'openai/gpt-oss-20b': {} });
  onTestFinished(() => void client.close());
  await expect(firstValueFrom(client.countTokens({ ...prompt, model: 'gpt' }))).rejects.toMatchObject({
    kind: 'request_invalid',
    field: 'model',
  });
});

it('waits for the count where the prompt may be beyond the context window, also where no window counts anything', async () => {
  const simulator = await simulate();
  const tokenCounter = () => timer(1).pipe(map(() => 500));
  const client = clientFor(simulator, { context_window: 100 }, { tokenCounter });
  const { error } = await record(client.complete(ask('word '.repeat(100)))).end;
  expect(error).toMatchObject({ kind: 'request_too_large', requested: 500, limit: 100 });
  expect(simulator.stats().requests).toBe(0);
});
