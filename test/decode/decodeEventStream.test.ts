import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { createChatClient, decodeEventStream, type ServerSentEvent } from 'rx-groq';
import { concat, from, map, NEVER, Observable, of, take, tap, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { record } from '../client/harness.js';

/* https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */

const encoder = new TextEncoder();

function decode(parts: readonly (string | Uint8Array)[]): ServerSentEvent[] {
  const bytes = parts.map(part => (typeof part === 'string' ? encoder.encode(part) : part));
  const { values, log } = record(from(bytes).pipe(decodeEventStream()));
  expect(log.at(-1)).toBe('complete');
  return values;
}

const datas = (text: string): string[] => decode([text]).map(({ data }) => data);

describe('line ends', () => {
  test.each([
    { name: 'LF', end: '\n' },
    { name: 'CRLF', end: '\r\n' },
    { name: 'CR', end: '\r' },
  ])('$name', ({ end }) => {
    const text = ['data: a', '', 'data: b', 'data: c', '', ''].join(end);
    expect(datas(text)).toEqual(['a', 'b\nc']);
    for (let cut = 0; cut <= text.length; cut++) {
      expect(decode([text.slice(0, cut), text.slice(cut)]).map(({ data }) => data)).toEqual(['a', 'b\nc']);
    }
  });

  test('mixed', () => {
    expect(datas('data: a\r\rdata: b\n\r\ndata: c\r\n\ndata: d\r\n\r\n')).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a CRLF that is cut between its halves is one end of a line, not two', () => {
    expect(decode(['data: a\r', '\ndata: b\r', '\n\r', '\n']).map(({ data }) => data)).toEqual(['a\nb']);
  });

  test('a bare CR at the very end has ended its line', () => {
    expect(datas('data: a\r\r')).toEqual(['a']);
  });
});

describe('fields', () => {
  const cases: readonly { name: string; text: string; events: readonly ServerSentEvent[] }[] = [
    {
      name: 'one space after the colon is taken off',
      text: 'data:a\n\ndata: a\n\ndata:  a\n\n',
      events: [{ data: 'a' }, { data: 'a' }, { data: ' a' }],
    },
    {
      name: 'event and id',
      text: 'event: error\nid: 7\ndata: x\n\n',
      events: [{ event: 'error', id: '7', data: 'x' }],
    },
    {
      name: 'the event’s name holds for one event',
      text: 'event: a\ndata: x\n\ndata: y\n\n',
      events: [{ event: 'a', data: 'x' }, { data: 'y' }],
    },
    {
      name: 'comments are passed over',
      text: ': OPENROUTER PROCESSING\n\n:\ndata: x\n: ping\n\n',
      events: [{ data: 'x' }],
    },
    { name: 'unknown fields are passed over', text: 'error: {"a":1}\ndata: x\nwhatever\n\n', events: [{ data: 'x' }] },
    {
      name: 'data without a colon is an empty line of data',
      text: 'data\n\ndata\ndata\n\n',
      events: [{ data: '' }, { data: '\n' }],
    },
    { name: 'empty data is an event', text: 'data:\n\n', events: [{ data: '' }] },
    { name: 'several lines of data are joined', text: 'data: a\ndata:\ndata: b\n\n', events: [{ data: 'a\n\nb' }] },
    { name: 'blank lines without data are no event', text: '\n\nevent: x\n\n\ndata: y\n\n', events: [{ data: 'y' }] },
    { name: 'a colon in the data stays', text: 'data: {"a":"b: c"}\n\n', events: [{ data: '{"a":"b: c"}' }] },
    { name: 'an event whose blank line never came is dropped', text: 'data: a\n\ndata: b\n', events: [{ data: 'a' }] },
    { name: 'half a line is dropped', text: 'data: a\n\ndata: b', events: [{ data: 'a' }] },
    { name: 'nothing at all', text: '', events: [] },
  ];
  test.each(cases)('$name', ({ text, events }) => {
    expect(decode([text])).toEqual(events);
  });
});

describe('bytes', () => {
  const bom = Uint8Array.of(0xef, 0xbb, 0xbf);

  test('a byte order mark at the start is dropped, also in three parts; a second one is not', () => {
    expect(decode([bom, 'data: a\n\n'])).toEqual([{ data: 'a' }]);
    expect(decode([bom.subarray(0, 1), bom.subarray(1, 2), bom.subarray(2), 'data: a\n\n'])).toEqual([{ data: 'a' }]);
    expect(decode([bom, bom, 'data: a\n\ndata: b\n\n'])).toEqual([{ data: 'b' }]);
    expect(decode(['data: ', bom, 'a\n\n'])).toEqual([{ data: '\ufeffa' }]);
  });

  test('a character of four bytes may be cut anywhere', () => {
    const bytes = encoder.encode('data: 🦀é漢\n\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([{ data: '🦀é漢' }]);
    }
  });

  test('bytes that are no UTF-8 become replacement characters', () => {
    expect(decode(['data: ', Uint8Array.of(0xff), 'a\n\n'])).toEqual([{ data: '\ufffda' }]);
  });

  test('empty parts do nothing', () => {
    expect(decode(['', 'data: a\r', '', '\n\n', ''])).toEqual([{ data: 'a' }]);
  });
});

const line = fc.oneof(
  fc.constantFrom(
    '',
    'data',
    'data:',
    'data: x',
    ':comment',
    'event: e',
    'id: 1',
    'data: [DONE]',
    'data: 🦀é漢',
    'retry: 10',
  ),
  fc.string({ unit: fc.constantFrom('d', 'a', 't', ':', ' ', 'é', '🦀', '\ufeff') }),
);
const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
const stream = fc.array(fc.tuple(line, lineEnd), { maxLength: 30 }).map(lines => lines.flat().join(''));
const cuts = fc.array(fc.nat(), { maxLength: 12 });

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('whatever the bytes', () => {
  test('where they are cut does not matter', () => {
    fc.assert(
      fc.property(stream, cuts, (text, places) => {
        const bytes = encoder.encode(text);
        expect(decode(cut(bytes, places))).toEqual(decode([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  test('the events are those of the standard, by a second opinion line by line', () => {
    fc.assert(
      fc.property(stream, text => {
        expect(decode([text])).toEqual(byTheBook(text));
      }),
      { numRuns: 500 },
    );
  });

  test('and those of eventsource-parser, where it sees the text as a whole', () => {
    fc.assert(
      fc.property(stream, text => {
        const events: unknown[] = [];
        const parser = createParser({ onEvent: event => events.push({ ...event }) });
        parser.feed(text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'));
        expect(decode([text])).toEqual(events);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an event that is too long', () => {
  /** What comes of a text whose events may have 8 characters. */
  const decodeShort = (pieces: readonly Uint8Array[]) => {
    const { values, log, error } = record(from(pieces).pipe(decodeEventStream({ longest: 8 })));
    return { values, end: log.at(-1), error };
  };

  test.each([
    { name: 'a line that is just long enough', text: 'data: 12345678\n\n', end: 'complete' },
    { name: 'a line that is too long', text: 'data: 123456789\n\n', end: 'error' },
    { name: 'several lines that are', text: 'data: 1234\ndata: 5678\n\n', end: 'error' },
    { name: 'in the careful way, just long enough', text: ': hello\n\ndata: 12345678\r\n\r\n', end: 'complete' },
    { name: 'in the careful way, too long', text: ': hello\n\ndata: 123456789\r\n\r\n', end: 'error' },
    { name: 'one that never ends', text: `: hello\n\ndata: ${'x'.repeat(2000)}`, end: 'error' },
    { name: 'comments are none', text: ': keep-alive\n\n'.repeat(200), end: 'complete' },
  ])('$name', ({ text, end }) => {
    const bytes = encoder.encode(`data: a\n\n${text}data: b\n\n`);
    const whole = decodeShort([bytes]);
    expect(whole.end).toBe(end);
    if (end === 'error') expect(whole.error).toBeInstanceOf(RangeError);
    expect(whole.values[0]).toEqual({ data: 'a' });
    expect(whole.values.at(-1)).toEqual({ data: end === 'error' ? 'a' : 'b' });
    for (let place = 0; place <= bytes.length; place++) {
      expect(decodeShort([bytes.subarray(0, place), bytes.subarray(place)])).toEqual(whole);
    }
  });

  test('16 MB is not, a character more is; a client ends the stream', async () => {
    const piece = 'x'.repeat(2 ** 20);
    const event = (more: string) =>
      ['data: ', ...Array(16).fill(piece), `${more}\n\n`].map(text => encoder.encode(text));
    expect(record(from(event('')).pipe(decodeEventStream())).values).toHaveLength(1);
    expect(record(from(event('x')).pipe(decodeEventStream())).error).toBeInstanceOf(RangeError);
    let read = 0;
    const client = createChatClient(
      { m: { base_url: 'http://m.test/v1' } },
      {
        retry: { maxRetries: 0 },
        tokenCounter: () => 1,
        transport: () =>
          concat(of({ status: 200, headers: {} }), from(Array(99).fill(event('')[1]!)).pipe(tap(() => read++))),
      },
    );
    const { error } = record(client.stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] }));
    expect(error).toMatchObject({ kind: 'stream_broken', message: expect.stringContaining('longer than 16777216') });
    expect(read).toBeLessThan(20);
    client.close();
  });
});

/** The standard's algorithm, read out. */
function byTheBook(text: string): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .slice(0, -1);
  let [data, event, id]: [string[], string, string | undefined] = [[], '', undefined];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (line === '') {
      if (data.length > 0)
        events.push({ data: data.join('\n'), ...(event && { event }), ...(id !== undefined && { id }) });
      [data, event, id] = [[], '', undefined];
    } else if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
  }
  return events;
}

describe('as an operator', () => {
  const bytes$ = of('data: a\n\ndata: b\n\n', 'data: c\n\n').pipe(map(text => encoder.encode(text)));

  test('never stays open, empty completes, an error passes after what came', () => {
    expect(record(NEVER.pipe(decodeEventStream())).log).toEqual([]);
    expect(record(of<Uint8Array>().pipe(decodeEventStream())).log).toEqual(['complete']);
    const failing = record(
      concat(
        bytes$,
        throwError(() => 'cut'),
      ).pipe(decodeEventStream()),
    );
    expect(failing.log).toEqual(['next', 'next', 'next', 'error']);
    expect(failing.error).toBe('cut');
  });

  test('unsubscribed between two events of one part: no more of them, and the source is let go', () => {
    let gone = false;
    const source = new Observable<Uint8Array>(subscriber => {
      const inner = bytes$.subscribe(subscriber);
      return () => {
        gone = true;
        inner.unsubscribe();
      };
    });
    const { values, log } = record(source.pipe(decodeEventStream(), take(1)));
    expect(values).toEqual([{ data: 'a' }]);
    expect(log).toEqual(['next', 'complete']);
    expect(gone).toBe(true);
  });

  test('each subscription has its own state', () => {
    const half$ = of(encoder.encode('data: a')).pipe(decodeEventStream());
    expect([record(half$).values, record(half$).values]).toEqual([[], []]);
    const events$ = bytes$.pipe(decodeEventStream());
    expect(record(events$).values).toEqual(record(events$).values);
  });
});
