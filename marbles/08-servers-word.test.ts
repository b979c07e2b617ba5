import { type ChatClient, type ChatEvent, contentDeltas } from 'rx-groq';
import { filter, map, type Observable } from 'rxjs';
import { answer, ask, clientOf, end, head } from './support/chat.js';
import { marbles } from './support/marbles.js';

/** The head of a response in which the server says what it has left. */
const saying = (unit: 'requests' | 'tokens', limit: number, remaining: number, reset: string) => ({
  ...answer,
  h: head(200, {
    [`x-ratelimit-limit-${unit}`]: String(limit),
    [`x-ratelimit-remaining-${unit}`]: String(remaining),
    [`x-ratelimit-reset-${unit}`]: reset,
  }),
});

/** A refusal, in Groq's words. */
const refusing = (window: string, figures: string, wait: string) => ({
  h: head(429),
  b: new TextEncoder().encode(
    JSON.stringify({
      error: {
        message: `Rate limit reached for model \`m\` in organization \`org_x\` on ${window}: ${figures}. Please try again in ${wait}. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing`,
        type: 'tokens',
        code: 'rate_limit_exceeded',
      },
    }),
  ),
});

/** What the server's words have changed, as they are heard. */
const changes = (client: ChatClient): Observable<string> =>
  client.events$.pipe(
    filter((event): event is Extract<ChatEvent, { type: 'window' }> => event.type === 'window'),
    map(({ change }) => change.reason),
  );

/** Each letter as a request of 100 tokens (10 of prompt, 90 of answer at most), and again when its text comes. */
const answered = (client: ChatClient, letters$: Observable<string>): Observable<string> =>
  letters$.pipe(
    client.streamMap(
      letter => ask(letter, { max_completion_tokens: 90 }),
      (chunks$, letter) =>
        chunks$.pipe(
          contentDeltas(),
          map(() => letter),
        ),
    ),
  );

marbles('Sliding: what others have used counts until the header says that it is gone', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('a--(bcd)');
  // The server has counted 3 of 4, of which one is ours.
  const a = cold('     -(hX.|)', saying('requests', 4, 1, '45s'));
  const plain = cold(' (hX.|)', answer);
  //  4 per 1m         aA 60s      |
  //  2 elsewhere       | 45s |                 so b goes at once, c and d when those are gone
  const expected = '   -a-b 44997ms (cd)';
  const client = clientOf({ dialect: 'openai', req_per_minute: 4 }, { a, b: plain, c: plain, d: plain });
  expectObservable(changes(client), '1m !').toBe('-e', { e: 'elsewhere' });
  expectObservable(answered(client, source), '50s !').toBe(expected);
});

marbles('Bucket: its level falls to what the server has left, and refills from there', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('a 999ms (bcd)');
  // Of 600 tokens 100 are ours and 301 are not; as what is left is told in whole tokens, 300 of those are certain.
  const a = cold('     (hX.|)', saying('tokens', 600, 199, '40.1s'));
  const plain = cold(' (hX.|)', answer);
  //  600 per 1m, so 10 a second: at 1 s 210 are left, enough for b and c; for d 90 are wanting
  const expected = '   a 999ms (bc) 8996ms d';
  const client = clientOf({ dialect: 'groq', token_per_minute: 600 }, { a, b: plain, c: plain, d: plain });
  expectObservable(answered(client, source), '50s !').toBe(expected);
});

marbles('Others who are seen twice have a part of the bucket, and ours fills more slowly', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('a 999ms (bcd)');
  // Of 600 tokens others have used 300, and at b's answer some more: for now half of it is taken to be theirs.
  const a = cold('     (hX.|)', saying('tokens', 600, 199, '40.1s'));
  const b = cold('     (hX.|)', saying('tokens', 600, 0, '60s'));
  const plain = cold(' (hX.|)', answer);
  //  our half is empty at 1 s, when c is on its way, and has 5 tokens a second: 20 s for c, 20 for d
  const expected = '   a 999ms (bc) 39996ms d';
  const client = clientOf({ dialect: 'groq', token_per_minute: 600 }, { a, b, c: plain, d: plain });
  expectObservable(answered(client, source), '50s !').toBe(expected);
});

marbles('More left than we think is not believed', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b-c');
  const response = cold('(hX.|)', saying('requests', 2, 2, '0s'));
  const expected = '     a-b 59997ms c';
  const client = clientOf({ dialect: 'openai', req_per_minute: 2 }, { a: response, b: response, c: response });
  expectObservable(changes(client), '10ms !').toBe('');
  expectObservable(answered(client, source), '61s !').toBe(expected);
});

marbles('What is in flight, and may be counted already, is not counted twice', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('(abc)-d');
  // The server had counted all three when it wrote a's head; the heads of b and c are still to come.
  const a = cold('     --(hX.|)', saying('requests', 4, 1, '45s'));
  const late = cold('  --------(hX.|)', answer);
  const plain = cold(' (hX.|)', answer);
  const expected = '   --a---d-(bc)';
  const client = clientOf({ dialect: 'openai', req_per_minute: 4 }, { a, b: late, c: late, d: plain });
  expectObservable(changes(client), '10ms !').toBe('');
  expectObservable(answered(client, source), '1s !').toBe(expected);
});

marbles('A window that the config leaves out is learned from the headers', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b-c');
  const response = cold('(hX.|)', { ...saying('tokens', 200, 100, '30s'), '.': end(10, 90) });
  const plain = cold('   (hX.|)', answer);
  //  200 per 1m: a's 100 and b's are there, c's take 30 s to come back
  const expected = '     a-b 29997ms c';
  const client = clientOf({ dialect: 'groq', req_per_minute: 30 }, { a: response, b: plain, c: plain });
  const learned = cold('-?').pipe(map(() => client.limits('m').windows.filter(window => window.learned)));
  expectObservable(changes(client), '10ms !').toBe('l', { l: 'learned' });
  expectObservable(answered(client, source), '40s !').toBe(expected);
  const window = { unit: 'tokens', kind: 'bucket', limit: 200, per: 60_000, used: 100, available: 100, learned: true };
  expectObservable(learned).toBe('-?', { '?': [window] });
});

marbles('A window that only a refusal names is learned; as sliding, where the server waits for its end', helpers => {
  const { cold, expectObservable } = helpers;
  const plain = cold('  (hX.|)', answer);
  const refused = cold('(hb|)', refusing('requests per minute (RPM)', 'Limit 3, Used 3, Requested 1', '59.996s'));
  const d = [refused, plain];
  const client = clientOf(
    { dialect: 'groq' },
    {
      a: plain,
      b: plain,
      c: plain,
      get d() {
        return d.shift()!;
      },
      e: plain,
      f: plain,
      g: plain,
    },
  );
  const source = cold('abc-d---(efg)');
  const learned = cold('-----?').pipe(map(() => client.limits('m').windows.filter(window => window.learned)));
  //  3 per 1m         a    60s     |
  //                    b    60s     |
  //                     c    60s     |
  //                                d    60s     |
  const expected = '   abc 59997ms def 59997ms g';
  const window = { unit: 'requests', kind: 'sliding', limit: 3, per: 60_000, used: 3, available: 0, learned: true };
  expectObservable(changes(client), '3m !').toBe('----l', { l: 'learned' });
  expectObservable(learned).toBe('-----?', { '?': [window] });
  expectObservable(answered(client, source), '3m !').toBe(expected);
});

marbles('Where the config has more than the server gives, the server is right', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b-c');
  const response = cold('(hX.|)', saying('requests', 2, 1, '30s'));
  const plain = cold('   (hX.|)', answer);
  const expected = '     a-b 59997ms c';
  const client = clientOf({ dialect: 'openai', req_per_minute: 9 }, { a: response, b: plain, c: plain });
  expectObservable(changes(client), '10ms !').toBe('l', { l: 'learned' });
  expectObservable(answered(client, source), '61s !').toBe(expected);
});

marbles('Where the config has less than the server gives, the config is right', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b');
  const response = cold('(hX.|)', saying('requests', 2, 1, '30s'));
  const expected = '     a 59999ms b';
  const client = clientOf({ dialect: 'openai', req_per_minute: 1 }, { a: response, b: response });
  expectObservable(changes(client), '10ms !').toBe('');
  expectObservable(answered(client, source), '61s !').toBe(expected);
});

marbles('Headers of a form that is not known change nothing, and are counted', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b');
  const response = cold('(hX.|)', saying('tokens', 200, 100, 'soon'));
  const client = clientOf({ dialect: 'groq' }, { a: response, b: response });
  const unread = client.events$.pipe(
    filter((event): event is Extract<ChatEvent, { type: 'unread' }> => event.type === 'unread'),
    map(({ what, times }) => `${what} ${times}`),
  );
  expectObservable(changes(client), '10ms !').toBe('');
  expectObservable(unread, '10ms !').toBe('x-y', { x: 'x-ratelimit-reset-tokens 1', y: 'x-ratelimit-reset-tokens 2' });
  expectObservable(answered(client, source), '10ms !').toBe('a-b');
});

marbles('Headers of other names speak of the windows that the config gives them', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('  a-b');
  const limit = 'x-ratelimit-limit-requests-day';
  const remaining = 'x-ratelimit-remaining-requests-day';
  const reset = 'x-ratelimit-reset-requests-day';
  const response = cold('(hX.|)', { ...answer, h: head(200, { [limit]: '2', [remaining]: '0', [reset]: '86400' }) });
  const rate_limit_headers = [{ per: '1d', limit: 'X-RateLimit-Limit-Requests-Day', remaining, reset }];
  const client = clientOf({ dialect: 'openai', req_per_day: 2, rate_limit_headers }, { a: response, b: response });
  //  one of 2 was used elsewhere, and comes back when the header says
  expectObservable(changes(client), '10ms !').toBe('e', { e: 'elsewhere' });
  expectObservable(answered(client, source), '86401s !').toBe('a 86399999ms b');
});

marbles('A bucket that refuses within its own count is counted as sliding from then on', helpers => {
  const { cold, expectObservable } = helpers;
  // A sliding server: at 30 s a bucket of 2 has one back, it has not.
  const plain = cold('  (hX.|)', answer);
  const refused = cold('(hb|)', refusing('requests per minute (RPM)', 'Limit 2, Used 2, Requested 1', '30s'));
  const c = [refused, plain];
  const client = clientOf(
    { dialect: 'groq', req_per_minute: 2 },
    {
      a: plain,
      b: plain,
      get c() {
        return c.shift()!;
      },
      d: plain,
      e: plain,
    },
  );
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(changes(client), '100s !').toBe('30s s', { s: 'sliding' });
  expectObservable(text('a')).toBe('(X|)');
  expectObservable(text('b')).toBe('(X|)');
  //  2 per 1m            a      60s    |
  //                      b      60s    |
  //                                    c      60s    |
  //                                    d      60s    |
  expectObservable(text('c')).toBe('60s (X|)');
  expectObservable(text('d')).toBe('60s (X|)');
  expectObservable(text('e')).toBe('120s (X|)');
});

marbles('Without a word of what it has counted, a bucket is taken for sliding at its second refusal', helpers => {
  const { cold, expectObservable } = helpers;
  const plain = cold('  (hX.|)', answer);
  const refused = cold('(hb|)', refusing('requests per minute (RPM)', 'Limit 2, Requested 1', '10s'));
  const b = [refused, refused, plain];
  const client = clientOf(
    { dialect: 'groq', req_per_minute: 2 },
    {
      a: plain,
      get b() {
        return b.shift()!;
      },
    },
    { retry: { random: () => 0 } },
  );
  const text = (letter: string) => client.stream(ask(letter)).pipe(contentDeltas());
  expectObservable(changes(client), '100s !').toBe('10s s', { s: 'sliding' });
  expectObservable(text('a')).toBe('(X|)');
  expectObservable(text('b')).toBe('20s (X|)');
});

marbles('A refusal for what others have used is no sign of a stricter window', helpers => {
  const { cold, expectObservable } = helpers;
  // 10 of 10 are used, one of them by us.
  const plain = cold('  (hX.|)', answer);
  const refused = cold('(hb|)', refusing('requests per minute (RPM)', 'Limit 10, Used 10, Requested 1', '6s'));
  const b = [refused, plain];
  const client = clientOf(
    { dialect: 'groq', req_per_minute: 10 },
    {
      a: plain,
      get b() {
        return b.shift()!;
      },
      c: plain,
    },
  );
  const source = cold('a-b-c');
  //  10 per 1m, so one is back every 6 s; b is sent again 6 s after its refusal at 2, c 6 s after that
  const expected = '   a 6001ms b 5999ms c';
  expectObservable(changes(client), '10s !').toBe('--e', { e: 'elsewhere' });
  expectObservable(answered(client, source), '20s !').toBe(expected);
});

marbles('Whether the unused part of a reservation comes back is learned from what the server has left', helpers => {
  const { cold, expectObservable } = helpers;
  const source = cold('a---b---c---d');
  // Each reserves 100 of 500 and uses 20. The server gives 80 back at the end, as its words before b, c and d show.
  const ends = { '.': end(10, 10) };
  const a = cold('     (hX.|)', { ...saying('tokens', 500, 400, '12s'), ...ends });
  const b = cold('     (hX.|)', { ...saying('tokens', 500, 380, '14.4s'), ...ends });
  const c = cold('     (hX.|)', { ...saying('tokens', 500, 360, '16.8s'), ...ends });
  const d = cold('     (hX.|)', { ...saying('tokens', 500, 340, '19.2s'), ...ends });
  const look = cold('  -p---q---r---s');
  //                    a and b are kept whole; c's words are the second proof, so c and d count what they used
  const used = { p: 100, q: 200, r: 220, s: 240 };
  const client = clientOf({ dialect: 'groq', token_per_minute: 500 }, { a, b, c, d });
  expectObservable(answered(client, source), '20ms !').toBe('a---b---c---d');
  expectObservable(look.pipe(map(() => client.limits('m').windows[0]!.used))).toBe('-p---q---r---s', used);
});

marbles('Usage in the last chunk does not hide what the head said', helpers => {
  const { cold, expectObservable } = helpers;
  const a = cold('     (hX.|)', { ...saying('tokens', 600, 400, '20s'), '.': end(10, 40) });
  const plain = cold(' (hX.|)', answer);
  // The head has 200 used: 100 are reserved for a, of the rest 99 are certain. Then a settles to 50.
  const client = clientOf({ dialect: 'openai', token_per_minute: 600 }, { a, b: plain });
  expectObservable(client.stream(ask('a', { max_completion_tokens: 90 })).pipe(contentDeltas())).toBe('(X|)');
  expectObservable(cold('5ms ?').pipe(map(() => client.limits('m').windows.map(({ used }) => used))), '10ms !').toBe(
    '5ms u',
    { u: [150] },
  );
});
