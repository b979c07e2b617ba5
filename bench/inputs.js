/** What the subjects are given. Everything is a function of its seed, so every run and every subject sees the same. */

/**
 * Numbers in [0, 1), the same for the same seed (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @typedef {object} Item what is paced
 * @property {number} priority 1 … 10
 * @property {number} tokens 1 … 1000
 *
 * @param {number} count
 * @returns {Item[]}
 */
export function items(count, seed = 1) {
  const random = seeded(seed);
  return Array.from({ length: count }, () => ({
    priority: 1 + Math.floor(random() * 10),
    tokens: 1 + Math.floor(random() * 1000),
  }));
}

const words = [
  'the',
  ' rate',
  ' of',
  ' a',
  ' bucket',
  ' refills',
  ',',
  ' and',
  ' requests',
  ' wait',
  '.',
  '\n',
  ' "ok"',
];
const foreign = [' größer', ' —', ' 料金', ' 🙂'];
const model = 'openai/gpt-oss-20b';

/**
 * @param {number} index
 * @returns {import('../dist/index.js').ChatRequest & { model: string }}
 */
export function chatRequest(index) {
  return {
    model,
    messages: [{ role: 'user', content: `Question ${index}: how long does a bucket of 30 take to refill?` }],
    max_completion_tokens: 200,
  };
}

/**
 * One streamed answer as Groq frames it: a role, then tokens (one in fifty not ASCII), then the finish with its usage.
 * @typedef {object} Answer
 * @property {readonly string[]} events server-sent events, `[DONE]` the last
 * @property {number} chunks events that are chunks
 * @property {number} characters of all contents together
 *
 * @param {number} chunks at least 2
 * @returns {Answer}
 */
export function answer(chunks, seed = 2) {
  const random = seeded(seed);
  const pick = (/** @type {string[]} */ from) => /** @type {string} */ (from[Math.floor(random() * from.length)]);
  const head = { id: 'chatcmpl-6f1c3d52-8a0e-4b7d-9c2f', object: 'chat.completion.chunk', created: 1764000000, model };
  const event = (/** @type {object} */ delta, /** @type {string | null} */ finish_reason, more = {}) =>
    `data: ${JSON.stringify({
      ...head,
      system_fingerprint: 'fp_44e49c6b2c',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...more,
    })}\n\n`;
  const x_groq = { id: 'req_01kc5x0h2je8frx8g4xk1m2v3w' };
  const contents = Array.from({ length: chunks - 2 }, () => pick(random() < 0.02 ? foreign : words));
  const usage = { queue_time: 0.02, prompt_tokens: 80, completion_tokens: chunks, total_tokens: 80 + chunks };
  return {
    events: [
      event({ role: 'assistant', content: '' }, null, { x_groq: { ...x_groq, seed } }),
      ...contents.map(content => event({ content }, null)),
      event({}, 'stop', { x_groq: { ...x_groq, usage }, usage }),
      'data: [DONE]\n\n',
    ],
    chunks,
    characters: contents.join('').length,
  };
}

/**
 * An answer event by event, as a server sends it that has no more yet.
 * @param {Answer} answer
 */
export function framed({ events }) {
  return {
    head: Buffer.from(`${responseHead.join('\r\n')}\r\n\r\n`),
    events: events.map(event => Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`)),
    end: Buffer.from('0\r\n\r\n'),
  };
}

/**
 * An answer as the bytes of one HTTP response. A client reads it in the pieces in which it is framed: 64 to 2048 bytes, so a part of an
 * event up to eight of them, cut anywhere.
 * @param {Answer} answer
 * @returns {Buffer}
 */
export function httpResponse({ events }, seed = 3) {
  const random = seeded(seed);
  const body = Buffer.from(events.join(''));
  const parts = [Buffer.from(`${responseHead.join('\r\n')}\r\n\r\n`)];
  for (let at = 0; at < body.length; ) {
    const piece = body.subarray(at, at + 64 + Math.floor(random() * 1985));
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
    at += piece.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** No word of tokens, so that no window of them is learned: counting a prompt's tokens is another matter than streaming its answer. */
const responseHead = [
  'HTTP/1.1 200 OK',
  'content-type: text/event-stream; charset=utf-8',
  'transfer-encoding: chunked',
  'cache-control: no-cache',
  'x-request-id: req_01kc5x0h2je8frx8g4xk1m2v3w',
  'x-ratelimit-limit-requests: 1000000000',
  'x-ratelimit-remaining-requests: 999999999',
  'x-ratelimit-reset-requests: 1ms',
];
