/**
 * Questions in, answers out, in one RxJS pipe: urgent ones first, all of them under the rate limits, each answer as soon as it is there.
 *
 *   GROQ_API_KEY=… node --import tsx examples/pipe.ts
 */

import { createChatClient, mergeByPriority } from 'rx-groq';
import { finalize, of } from 'rxjs';

const client = createChatClient();

mergeByPriority({
  1: of({ question: 'What is 6*7?' }),
  10: of({ question: 'What is 7+7?' }, { question: 'What is 9-4?' }),
})
  .pipe(
    client.completeMap(({ question, priority }) => ({
      model: 'openai/gpt-oss-20b',
      messages: [{ role: 'user', content: question }],
      max_completion_tokens: 100,
      priority,
    })),
    finalize(() => client.close()),
  )
  .subscribe(result => {
    const { question, priority } = result.value;
    const answer = result.ok ? result.completion.choices[0]?.message.content : `failed: ${result.error.message}`;
    console.log(`[${priority}] ${question} ${answer}`); // one that fails ends nothing but itself
  });
