import { ApiError, ConnectionError, RateLimitError, retryTransient } from 'rx-groq';
import { defer } from 'rxjs';
import { errorKind, marbles } from '../support/marbles.js';
import { standardCases } from '../support/standardCases.js';

standardCases('retryTransient', () => retryTransient<string>(), {
  values: { a: 'a', b: 'b', c: 'c' },
  never: '  -',
  empty: '  |',
  one: '    --a|',
  many: '   -a-b-c|',
  error: '  -a-b-#',
  endless: '-a-b-c-',
  madeForTwo: 2,
  reentrant: ['a', 'b'],
});

const fault = new ConnectionError('reset', { retryable: true });
/** Waits as long as it may: 4, 8 and 16 ms (just below, and rounded up). */
const patient = { baseDelay: 4, random: () => 0.999 };

marbles('A fault of the moment is tried again, after a wait that doubles, three times', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('-#', undefined, fault);
  const first = '      ^!';
  const second = '     -----^!';
  const third = '      --------------^!';
  const fourth = '     -------------------------------^!';
  //  4, 8, 16 ms       ----|
  //                         --------|
  //                                  ----------------|
  const expected = '   --------------------------------#';
  expectObservable(source.pipe(retryTransient(patient), errorKind())).toBe(expected, undefined, 'connection');
  expectSubscriptions(source.subscriptions).toBe([first, second, third, fourth]);
});

marbles('Once something has been delivered it is not repeated', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('-a-#', undefined, fault);
  const subs = '       ^--!';
  const expected = '   -a-#';
  expectObservable(source.pipe(retryTransient(patient), errorKind())).toBe(expected, undefined, 'connection');
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A server that says how long to wait is waited for, and its refusals do not count as retries', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const refused = cold('   #', undefined, new RateLimitError('refused', { retryAfterMs: 3 }));
  const answered = cold('  a|');
  const attempts = [refused, refused, answered];
  const first = '          (^!)';
  const second = '         ---(^!)';
  const third = '          ------^!';
  const expected = '       ------a|';
  const source = defer(() => attempts.shift()!);
  expectObservable(source.pipe(retryTransient({ maxRetries: 0, random: () => 0 }))).toBe(expected);
  expectSubscriptions(refused.subscriptions).toBe([first, second]);
  expectSubscriptions(answered.subscriptions).toBe(third);
});

marbles('Who leaves while it waits is never subscribed again', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('-#', undefined, fault);
  const unsub = '      ^--!';
  const subs = '       ^!';
  const expected = '   ----';
  expectObservable(source.pipe(retryTransient(patient)), unsub).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

for (const [what, error, kind] of [
  ['What the client has retried already', new ConnectionError('reset', { retryable: true, attempts: 4 }), 'connection'],
  ['What the server will refuse again', new ApiError('bad request', { status: 400 }), 'api'],
  ['A wait longer than maxWait', new RateLimitError('tomorrow', { retryAfterMs: 86_400_000 }), 'rate_limit'],
] as const) {
  marbles(`${what} passes at once`, ({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-#', undefined, error);
    const subs = '       ^!';
    const expected = '   -#';
    expectObservable(source.pipe(retryTransient(patient), errorKind())).toBe(expected, undefined, kind);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}
