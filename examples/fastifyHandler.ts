/**
 * A route that streams an answer to its client, and cancels it when the client leaves: in line, on its way or in the middle.
 *
 *   GROQ_API_KEY=… node --import tsx examples/fastifyHandler.ts
 *   curl -N 'http://127.0.0.1:3000/ask?question=Why+is+the+sky+blue'
 */

import { Readable } from 'node:stream';
import fastify from 'fastify';
import { contentDeltas, createChatClient, eachValueFrom } from 'rx-groq';

const client = createChatClient();
const app = fastify();

app.get<{ Querystring: { question: string } }>('/ask', async ({ query }, reply) => {
  const deltas$ = client
    .stream({
      model: 'openai/gpt-oss-20b',
      messages: [{ role: 'user', content: query.question }],
      max_completion_tokens: 500,
    })
    .pipe(contentDeltas());
  // A stream that is destroyed leaves the loop over its source, and with it unsubscribes.
  return reply.type('text/plain; charset=utf-8').send(Readable.from(eachValueFrom(deltas$)));
});

app.addHook('onClose', () => client[Symbol.asyncDispose]());
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
