import { describe, expect, test } from 'vitest';
import { answer, chatRequest, framed, httpResponse, items, seeded } from '../../bench/inputs.js';

/** The body of an HTTP response in chunked framing, and the sizes of its pieces. */
function dechunk(response: Buffer): { body: string; sizes: number[] } {
  let at = response.indexOf('\r\n\r\n') + 4;
  const pieces: Buffer[] = [];
  for (;;) {
    const lineEnd = response.indexOf('\r\n', at);
    const size = Number.parseInt(response.toString('latin1', at, lineEnd), 16);
    if (size === 0) return { body: Buffer.concat(pieces).toString(), sizes: pieces.map(piece => piece.length) };
    pieces.push(response.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

describe('inputs of the benchmark', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(items(50)).toEqual(items(50));
    expect(items(50, 1)).not.toEqual(items(50, 2));
    expect(answer(50)).toEqual(answer(50));
    expect(answer(50, 1)).not.toEqual(answer(50, 2));
    expect(chatRequest(7)).toEqual(chatRequest(7));
    expect(httpResponse(answer(50)).equals(httpResponse(answer(50)))).toBe(true);
  });

  test('numbers lie in [0, 1) and fill it', () => {
    const random = seeded(9);
    const tenths = new Set(Array.from({ length: 1000 }, () => Math.floor(random() * 10)));
    expect([...tenths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('items have every priority, and tokens from 1 to 1000', () => {
    const all = items(5000);
    expect(new Set(all.map(({ priority }) => priority))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(all.every(({ tokens }) => Number.isInteger(tokens) && tokens >= 1 && tokens <= 1000)).toBe(true);
  });

  test.each([2, 10, 1000])('an answer of %i chunks says how much is in it', chunks => {
    const { events, characters, ...said } = answer(chunks);
    const parsed = events.slice(0, -1).map(event => JSON.parse(event.slice('data: '.length)));
    expect(said.chunks).toBe(chunks);
    expect(parsed).toHaveLength(chunks);
    expect(parsed.map(chunk => chunk.choices[0].delta.content ?? '').join('')).toHaveLength(characters);
    expect(parsed[0].choices[0].delta.role).toBe('assistant');
    expect(parsed.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { completion_tokens: chunks } });
    expect(events.at(-1)).toBe('data: [DONE]\n\n');
  });

  test('event by event it is the same answer', () => {
    const sent = answer(50);
    const { head, events, end } = framed(sent);
    expect(dechunk(Buffer.concat([head, ...events, end])).body).toBe(sent.events.join(''));
    expect(events).toHaveLength(sent.events.length);
  });

  test('a response carries its answer, in pieces that cut events and characters', () => {
    const sent = answer(5000);
    const { body, sizes } = dechunk(httpResponse(sent));
    expect(body).toBe(sent.events.join(''));
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(64);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
    const bytes = Buffer.from(body);
    let at = 0;
    const cutInside = sizes.filter(size => {
      at += size;
      return at < bytes.length && (bytes[at]! & 0xc0) === 0x80;
    });
    expect(cutInside.length).toBeGreaterThan(0);
  });
});
