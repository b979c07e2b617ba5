import { createChatClient } from 'rx-groq';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';

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
