import { type ChatProgress, contentDeltas } from 'rx-groq';
import { concat, ignoreElements, map, merge, mergeMap, type Observable, of, pipe, take } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

const place = (position: number, etaMs: number): string => `${position} in ${etaMs}: requests per 10ms`;

/** A progress in one word: '2 in 10: tokens per 1m', 'sent', 'X'. */
const words = pipe(
  map((progress: ChatProgress) => {
    if (progress.state === 'queued') return `${progress.position} in ${progress.etaMs}: ${progress.waitingFor}`;
    return progress.state === 'streaming' || progress.state === 'done'
      ? `${progress.state} ${progress.text}`
      : progress.state;
  }),
  errorKind(),
);

marbles('Who watches sees its place, when it will go and what it waits for, then its answer', helpers => {
  const { cold, expectObservable } = helpers;
  const response = cold('-(hX.|)', answer);
  //  1 per 10 ms        aA---------|
  //                                bB---------|
  //                                           cC
  const atext = '        s(xxd|)';
  const btext = '        pq---------s(xxd|)';
  const ctext = '        pq---------uv---------s(xxd|)';
  const end = { s: 'sent', x: 'streaming X', d: 'done X' };
  const client = clientOf(
    { windows: [{ limit: 1, per: 10 }] },
    { a: response, b: response, c: response },
    { maxFlight: 5 },
  );
  const watched = (letter: string): Observable<string> => client.watch(ask(letter)).pipe(words);
  expectObservable(watched('a')).toBe(atext, end);
  // Until the head has come, what is in flight counts from the last moment it could: 5 ms after it was sent.
  expectObservable(watched('b')).toBe(btext, { ...end, p: place(1, 15), q: place(1, 10) });
  expectObservable(watched('c')).toBe(ctext, {
    ...end,
    p: place(2, 25),
    q: place(2, 20),
    u: place(1, 15),
    v: place(1, 10),
  });
});

marbles('A place changes as others come and go before it', helpers => {
  const { cold, expectObservable } = helpers;
  const response = cold('(hX.|)', answer);
  //  1 per 10 ms        a---------|
  //                               U---------|             more urgent, came at 3
  //                                         c             for b has given up at 5
  const btext = '        -p-q-';
  const ctext = '        -p-q-r----u---------(s|)';
  const answers = { a: response, b: response, c: response, U: response };
  const client = clientOf({ windows: [{ limit: 1, per: 10 }] }, answers, { aging: 0 });
  const watched = (diagram: string): Observable<string> =>
    cold(diagram).pipe(mergeMap(letter => client.watch(ask(letter, { priority: letter === 'U' ? 1 : 5 })).pipe(words)));
  expectObservable(watched('a').pipe(ignoreElements()), '9ms !').toBe('');
  expectObservable(watched('-b'), '-----!').toBe(btext, { p: place(1, 9), q: place(2, 17) });
  const seen = { p: place(2, 19), q: place(3, 27), r: place(2, 15), u: place(1, 10), s: 'sent' };
  expectObservable(watched('-c').pipe(take(5))).toBe(ctext, seen);
  expectObservable(watched('---U').pipe(ignoreElements()), '15ms !').toBe('');
});

marbles('What has no foreseeable end says so', helpers => {
  const { expectObservable } = helpers;
  const client = clientOf({ windows: [{ limit: 0, per: '1m' }] }, {});
  expectObservable(client.watch(ask('a')).pipe(words), '5ms !').toBe('p', { p: '1 in null: requests per 1m' });
});

marbles('With rejectHopeless, what can not go within its queueTimeout fails at once', helpers => {
  const { cold, expectObservable } = helpers;
  const response = cold('(hX.|)', answer);
  const windows = [{ limit: 1, per: 10 }];
  const client = clientOf({ windows }, { a: response, b: response }, { rejectHopeless: true, maxFlight: 0 });
  const text = (letter: string, queueTimeout: number): Observable<string> =>
    client.stream(ask(letter, { queueTimeout })).pipe(contentDeltas(), errorKind());
  expectObservable(text('a', 1)).toBe('(X|)');
  expectObservable(text('b', 15)).toBe('10ms (X|)');
  expectObservable(text('c', 15)).toBe('#', undefined, 'queue_timeout');
});

marbles('Where nobody knows how long it waits, it is not hopeless; it may become so', helpers => {
  const { cold, hot, expectObservable } = helpers;
  const gate$ = hot('     -----t', { t: true });
  //  m: one at once           a~~~~~~~b~~~~~~~!
  const atext = '         --------------X';
  const failed = '        -----#';
  const response = cold(' h--------(X.|)', answer);
  const options = { rejectHopeless: true, maxFlight: 0, aging: 0, gate$: concat(of(false), gate$) };
  const client = clientOf({ windows: [{ limit: 1, per: 30 }] }, { a: response, b: response }, options);
  const text = (letter: string, queueTimeout: number): Observable<string> =>
    client.stream(ask(letter, { queueTimeout })).pipe(contentDeltas(), errorKind(), take(1));
  expectObservable(text('a', 9)).toBe(atext.replace('X', '(X|)'));
  expectObservable(text('b', 9)).toBe(failed, undefined, 'queue_timeout');

  const two = clientOf({ max_concurrent: 1 }, { a: response, b: response }, { ...options, gate$: of(true) });
  const told = (letter: string) => two.stream(ask(letter, { queueTimeout: 10 })).pipe(contentDeltas(), errorKind());
  expectObservable(merge(told('a'), told('b'))).toBe('---------X--------(X|)');
});

marbles('One whose tokens are still being counted is hopeless as soon as they are', helpers => {
  const { cold, expectObservable } = helpers;
  const counted = cold('  ---(c|)', { c: 10 });
  const atext = '         ---(X|)';
  const failed = '        ---#';
  const client = clientOf(
    { windows: [{ limit: 25, per: 100, unit: 'tokens' }] },
    { a: cold('(hX.|)', answer) },
    { rejectHopeless: true, maxFlight: 0, tokenCounter: () => counted },
  );
  const text = (letter: string): Observable<string> =>
    client.stream(ask(letter, { queueTimeout: 50, max_completion_tokens: 10 })).pipe(contentDeltas(), errorKind());
  expectObservable(text('a')).toBe(atext);
  expectObservable(text('b')).toBe(failed, undefined, 'queue_timeout');
});
