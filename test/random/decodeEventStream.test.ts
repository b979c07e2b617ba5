import fc from 'fast-check';
import { decodeEventStream, type ServerSentEvent } from 'rx-groq';
import { from, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { longest, runs } from './plan.js';

const text = fc.string({ unit: fc.constantFrom('a', ' ', ':', '"', 'é', '漢', '😀', '\ufeff', 'data: ') });
const events = fc.array(
  fc.record(
    {
      data: fc.array(text, { minLength: 1, maxLength: 3 }),
      event: text.filter(name => name !== ''),
      lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
      comment: fc.boolean(),
    },
    { requiredKeys: ['data', 'lineEnd', 'comment'] },
  ),
);

test(
  'events come out whole, wherever their bytes were cut',
  () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(400)), (sent, cuts) => {
        const written = sent.map(({ data, event, lineEnd, comment }) =>
          [
            ...(comment ? [': keep-alive'] : []),
            ...(event === undefined ? [] : [`event: ${event}`]),
            ...data.map(line => `data: ${line}`),
            '',
            '',
          ].join(lineEnd),
        );
        const bytes = new TextEncoder().encode(written.join(''));
        const places = [0, ...cuts.map(cut => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));

        let received: ServerSentEvent[] = [];
        from(pieces)
          .pipe(decodeEventStream(), toArray())
          .subscribe(all => {
            received = all;
          });
        expect(received).toEqual(
          sent.map(({ data, event }) => ({ data: data.join('\n'), ...(event === undefined ? {} : { event }) })),
        );
      }),
      runs(300),
    );
  },
  longest,
);
