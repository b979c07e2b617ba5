import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { createChatClient, jsonFormat } from 'rx-groq';
import { startSimulator } from 'rx-groq/simulator';
import { filter, firstValueFrom } from 'rxjs';
import * as v from 'valibot';
import { z } from 'zod';
import * as mini from 'zod/mini';

const model = 'openai/gpt-oss-20b';
const schemas = {
  zod: z.object({ title: z.string(), steps: z.array(z.string()) }),
  'zod/mini': mini.toJSONSchema(mini.object({ title: mini.string(), steps: mini.array(mini.string()) })),
  arktype: type({ title: 'string', steps: 'string[]' }),
  valibot: toStandardJsonSchema(v.object({ title: v.string(), steps: v.array(v.string()) })),
};
const strict = {
  type: 'object',
  properties: { title: { type: 'string' }, steps: { type: 'array', items: { type: 'string' } } },
  required: ['title', 'steps'],
  additionalProperties: false,
};

for (const [name, schema] of Object.entries(schemas)) {
  test(`${name}: sent strictly, checked when it has come, and parameters of a tool`, async context => {
    assert.deepEqual(sorted(jsonFormat(schema).json_schema.schema), sorted(strict));
    let wrong = false;
    const simulator = await startSimulator({
      delayBefore: [0, 0],
      delayAfter: [0, 0],
      answer: () => (wrong ? '{"title":1}' : undefined),
    });
    const client = createChatClient({ [model]: { base_url: simulator.url, api_key: 'any', dialect: 'groq' } });
    context.after(async () => {
      await firstValueFrom(client.close());
      await simulator.close();
    });
    const request = { model, messages: [{ role: 'user', content: 'A recipe.' }], max_completion_tokens: 300 };
    const recipe = await firstValueFrom(client.parse(request, schema));
    assert.equal(typeof recipe.title, 'string');
    assert(Array.isArray(recipe.steps));

    const tools = { note: { parameters: schema, run: ({ title }) => `noted ${title}` } };
    const ran$ = client
      .runTools({ ...request, tool_choice: 'required' }, tools)
      .pipe(filter(({ type }) => type === 'result'));
    assert.match((await firstValueFrom(ran$)).value, /^noted /);

    wrong = true;
    await assert.rejects(firstValueFrom(client.parse(request, schema)), { kind: 'answer_invalid' });
  });
}

/** required may stand in any order. */
function sorted(schema) {
  return { ...schema, required: [...schema.required].sort() };
}
