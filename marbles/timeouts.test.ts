import { type ChatClient, contentDeltas, type ResponseHead, StreamTimeoutError, type Timeouts } from 'rx-groq';
import { catchError, type Observable, of } from 'rxjs';
import { answer, ask, clientOf } from './support/chat.js';
import { marbles } from './support/marbles.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** `c` a comment that keeps the connection alive, `e` an event without data. */
const responses = { ...answer, c: bytes(': keep-alive\n\n'), e: bytes('data:\n\n') };

const clientWith = (timeouts: Timeouts, response: Observable<ResponseHead | Uint8Array>): ChatClient =>
  clientOf({}, { '?': response }, { timeouts, retry: { maxRetries: 0 } });

/** The answer's text; 1 where it had no head in time, 2 where it paused for too long, 3 where it took too long in all. */
const text = (client: ChatClient, prompt = '?'): Observable<string> =>
  client.stream(ask(prompt)).pipe(
    contentDeltas(),
    catchError((error: unknown) => {
      if (!(error instanceof StreamTimeoutError)) throw error;
      return of(String(['head', 'idle', 'total'].indexOf(String(error.phase)) + 1));
    }),
  );

marbles(
  'A response whose head does not come in time is given up',
  ({ cold, expectObservable, expectSubscriptions }) => {
    const response = cold('-------hA.|', responses);
    const subs = '         ^----!';
    //  head: 5            |----|
    const expected = '     -----(1|)';
    expectObservable(text(clientWith({ head: 5 }, response))).toBe(expected);
    expectSubscriptions(response.subscriptions).toBe(subs);
  },
);

marbles('A pause between contents is too long, whatever keeps the connection alive meanwhile', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('-hA--B-c-e-c-c-c-', responses);
  const subs = '         ^----------!';
  //  idle: 6              |--|-----|
  const expected = '     --A--B-----(2|)';
  expectObservable(text(clientWith({ idle: 6 }, response))).toBe(expected);
  expectSubscriptions(response.subscriptions).toBe(subs);
});

marbles('A stream that goes on and on is ended where a whole answer has its time', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('-hA--B--C--D--E--', responses);
  const subs = '         ^--------!';
  //  total: 9           |--------|
  const expected = '     --A--B--C(3|)';
  expectObservable(text(clientWith({ idle: 6, total: 9 }, response))).toBe(expected);
  expectSubscriptions(response.subscriptions).toBe(subs);
});

marbles('[DONE] ends the answer, and what reads it, although the connection stays open', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const response = cold('-hA-.----------', responses);
  const subs = '         ^---!';
  const expected = '     --A-|';
  expectObservable(text(clientWith({ idle: 6 }, response))).toBe(expected);
  expectSubscriptions(response.subscriptions).toBe(subs);
});

marbles('Each stream has its own silence; one that goes on, ends or falls silent leaves the others theirs', helpers => {
  const { cold, expectObservable } = helpers;
  //                               idle: 6  |-----|
  const goesOn = { response: cold('-hA--B-----------', responses), expected: '--A--B-----(2|)' };
  //                            idle: 6  |-----|
  const silent = { response: cold('-hA--------------', responses), expected: '--A-----(2|)' };
  const ends = { response: cold('  -hA--B-.---------', responses), expected: '--A--B-|' };
  //                       head: 9 |--------|
  const nothing = { response: cold('-----------------', responses), expected: '---------(1|)' };
  const all = { goesOn, silent, ends, nothing };
  const served = Object.fromEntries(Object.entries(all).map(([prompt, { response }]) => [prompt, response]));
  const client = clientOf({}, served, { timeouts: { head: 9, idle: 6 }, retry: { maxRetries: 0 } });
  for (const [prompt, { expected }] of Object.entries(all)) expectObservable(text(client, prompt)).toBe(expected);
});
