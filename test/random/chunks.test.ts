import fc from 'fast-check';
import { type ChatChunk, createChatClient } from 'rx-groq';
import { of } from 'rxjs';
import { expect, test } from 'vitest';
import { longest, runs } from './plan.js';

/** Chunks as written: they differ in where their text stands, and in what is like text and is none. */
const shapes: readonly ((text: string) => string)[] = [
  text => `{"id":"1","choices":[{"index":0,"delta":{"content":"${text}"},"logprobs":null,"finish_reason":null}]}`,
  text => `{"id":"1","choices":[{"index":0,"delta":{"reasoning":"${text}","channel":"analysis"}}],"n":1.5}`,
  text => `{"choices":[{"delta":{"content":"${text}","content":"a"},"index":0}]}`,
  text => `{"choices":[{"delta":{"content":"a","content":"${text}"},"index":0}]}`,
  text => `{"content":"${text}","choices":[{"delta":{"content":"${text}"},"index":0}]}`,
  text => `{"content":"${text}","choices":[{"delta":{"content":"a"},"index":0}]}`,
  text => `{"choices":[{"delta":{"content":"a"},"index":0}],"content":"${text}"}`,
  text => `{"choices":[{"delta":{"content":"${text}"},"index":0},{"delta":{"content":"a"},"index":1}]}`,
  text => `{"choices":[{"delta":{"content":"${text}","tool_calls":[]},"index":0}],"x_groq":{"id":"2"}}`,
  text => `{"choices":[{"delta":{"content" : "${text}","__proto__":1},"index":0}]}`,
  text => `{"choices": [{"delta": {"content": "${text}"}, "index": 0}], "usage": null}`,
  text => `{"choices": [{"delta": {"role": "content", "content": "${text}"}, "index": 0}]}`,
  text => `{"choices":[{"delta":{"\\u0063ontent":"a","content":"${text}"},"index":0}]}`,
  text => `{"choices":[{"delta":{"content":"${text}","\\u0063ontent":"a"},"index":0}]}`,
  text => `{"choices":[{"delta":{"content":"a"},"index":0}],"choices":[{"delta":{"content":"${text}"},"index":0}]}`,
  text => `{"choices":[{"delta":{"__proto__":"1","content":"${text}"},"index":0}]}`,
  text => `{"choices":[{"delta":{"content":"${text}"},"index":0}],"obfuscation":"${text}"}`,
  () => '{"choices":[{"delta":{"content":null},"index":0}]}',
  () => '{"choices":[]}',
];

/** Between quotes: as JSON writes it, or another field slipped in. */
const text = fc.oneof(
  fc
    .string({ unit: fc.constantFrom('a', 'b', ' ', '"', '\\', '\n', '\t', 'é', '漢', '😀', '\ud800', '}') })
    .map(plain => JSON.stringify(plain).slice(1, -1)),
  fc.constantFrom('', 'a', 'b', 'a","content":"b', 'a","role":"assistant'),
);
const alike = fc.tuple(fc.constantFrom(...shapes), fc.array(text, { minLength: 1, maxLength: 6 }));

test(
  'chunks are what JSON.parse makes of them, whatever came before, and share nothing that can be changed',
  () => {
    fc.assert(
      fc.property(fc.array(alike, { minLength: 1, maxLength: 8 }), parts => {
        const sent = parts.flatMap(([shape, texts]) => texts.map(shape));
        const received = read(sent);
        expect(received).toEqual(sent.map(data => JSON.parse(data)));
        expect(received.map(chunk => JSON.stringify(chunk))).toEqual(
          sent.map(data => JSON.stringify(JSON.parse(data))),
        );
        const objects = received.flatMap(chunk => [
          chunk,
          chunk.choices,
          ...chunk.choices,
          ...chunk.choices.map(({ delta }) => delta),
        ]);
        expect(new Set<object>(objects).size).toBe(objects.length);
      }),
      runs(300),
    );
  },
  longest,
);

/** The chunks of a stream of these, read by a client. */
function read(sent: readonly string[]): ChatChunk[] {
  const bytes = new TextEncoder().encode(sent.map(data => `data: ${data}\n\n`).join(''));
  const client = createChatClient(
    { m: { base_url: 'http://m.test/v1' } },
    {
      transport: () => of({ status: 200, headers: { 'content-type': 'text/event-stream' } }, bytes),
      retry: { maxRetries: 0 },
    },
  );
  const received: ChatChunk[] = [];
  client
    .stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    .subscribe({ next: chunk => received.push(chunk), error: () => {} }); // none of them is whole
  client.close();
  return received;
}
