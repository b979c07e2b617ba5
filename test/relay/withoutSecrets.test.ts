import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secretsIn, withoutSecrets } from '../../src/relay/withoutSecrets.js';

const secrets = ['gsk_gsk_gsk_1234', 'gsk_gsk_gsk_1299'];

it('takes secrets out and nothing else, as long as they were, however the bytes are cut', () => {
  const text = fc.array(fc.constantFrom(...secrets, 'gsk_', 'g', '12', 'ä ', '\n'), { maxLength: 12 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      const out: Uint8Array[] = [];
      const headers = { authorization: `Bearer ${secrets[0]}`, 'x-api-key': secrets[1]!, accept: 'text/event-stream' };
      const censor = withoutSecrets(secretsIn(headers), part => out.push(part));
      const places = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      let from = 0;
      for (const to of places) {
        censor.feed(bytes.subarray(from, to));
        from = to;
      }
      censor.end();
      expect(Buffer.concat(out).toString()).toBe(
        secrets.reduce((clean, secret) => clean.replaceAll(secret, '*'.repeat(secret.length)), String(bytes)),
      );
    }),
  );
});

it('lets bytes go at once that begin no secret', () => {
  const out: string[] = [];
  const censor = withoutSecrets([Buffer.from('gsk_1234567890')], part => out.push(Buffer.from(part).toString()));
  for (const part of ['data: g\n', 'gsk_12', '3\n']) censor.feed(Buffer.from(part));
  expect(out).toEqual(['data: g\n', 'gsk_123\n']);
});
