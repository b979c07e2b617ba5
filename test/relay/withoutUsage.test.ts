import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutUsage } from '../../src/relay/withoutUsage.js';

const usage = 'data: {"choices":[],"usage":{"total_tokens":3}}';
const others = [
  'data: {"choices":[{"delta":{"content":"ä\\"choices\\":[]"}}]}',
  'data: {"choices":[]}',
  ': a comment',
  'event: error\ndata: {"error":{"message":"\\"choices\\":[]"}}',
  'data: [DONE]',
];

function through(text: string, cuts: readonly number[], newline: string): string {
  const bytes = new TextEncoder().encode(text.replaceAll('\n', newline));
  const out: Uint8Array[] = [];
  const feed = withoutUsage(part => out.push(part));
  const places = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    feed(bytes.slice(from, to));
    from = to;
  }
  return Buffer.concat(out).toString('utf8').replaceAll(newline, '\n');
}

it('takes the event of usage out, and nothing else, however the bytes are cut', () => {
  const events = fc.array(fc.constantFrom(usage, ...others), { maxLength: 8 });
  fc.assert(
    fc.property(events, fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (list, cuts, newline) => {
      const text = (of: readonly string[]) => of.map(event => `${event}\n\n`).join('');
      expect(through(text(list), cuts, newline)).toBe(text(list.filter(event => event !== usage)));
    }),
  );
});

it('lets an event go as soon as it is whole', () => {
  const out: string[] = [];
  const feed = withoutUsage(part => out.push(Buffer.from(part).toString()));
  feed(Buffer.from('data: 1\n\ndata: 2'));
  expect(out).toEqual(['data: 1\n\n']);
  feed(Buffer.from('\n\n'));
  expect(out.join('')).toBe('data: 1\n\ndata: 2\n\n');
});
