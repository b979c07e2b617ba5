import { ConnectionError, rateWindow, retryTransient } from 'rx-groq';
import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { marbles } from './support/marbles.js';

/** A clock that runs at half the speed, and started long ago. */
const halfSpeed = (virtual: SchedulerLike): SchedulerLike => ({
  now: () => 1_000_000 + virtual.now() / 2,
  schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T) =>
    virtual.schedule<T>(work, delay * 2, state),
});

marbles('The default clock is virtual inside TestScheduler.run without any option', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('(ab|)');
  const subs = '       (^!)';
  //  1 an hour        a 3599999ms |
  const expected = '   a 3599999ms (b|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: '1h' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A wait that is longer than any timer of Node ends at its instant', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold('(ab|)');
  const subs = '       (^!)';
  //  1 in 60 days     a 5183999999ms |
  const expected = '   a 5183999999ms (b|)';
  expectObservable(source.pipe(rateWindow({ limit: 1, per: '60d' }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

marbles('A scheduler that is passed in is trusted: its time, its timers', (helpers, virtual) => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const source = cold(' a-b-c-d|');
  const subs = '        ^------!';
  //  2 per 5 of its ms a---------|
  //                      b---------|
  const expected = '    a-b-------c-(d|)';
  expectObservable(source.pipe(rateWindow({ limit: 2, per: 5 }, { scheduler: halfSpeed(virtual) }))).toBe(expected);
  expectSubscriptions(source.subscriptions).toBe(subs);
});

for (const [way, jump] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const) {
  marbles(`A wall clock that jumps ${way} neither stalls nor floods it`, (helpers, virtual) => {
    const { cold, expectObservable, expectSubscriptions } = helpers;
    dateTimestampProvider.delegate = { now: () => virtual.now() + (virtual.now() < 3 ? 0 : jump) };
    const source = cold(' a-b-c-d|');
    const subs = '        ^------!';
    //  the wall clock    ---!            jumps by an hour
    //  2 per 5 ms        a----|
    //                      b----|
    const expected = '    a-b--c-(d|)';
    expectObservable(source.pipe(rateWindow({ limit: 2, per: 5 }))).toBe(expected);
    expectSubscriptions(source.subscriptions).toBe(subs);
  });
}

marbles('So does retryTransient', (helpers, virtual) => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const fault = new ConnectionError('reset', { retryable: true });
  const source = cold(' -#', undefined, fault);
  const first = '       ^!';
  const second = '      -----^!';
  //  2 of its ms        ----|
  const expected = '    ------#';
  const policy = { maxRetries: 1, baseDelay: 2, random: () => 0.99, scheduler: halfSpeed(virtual) };
  expectObservable(source.pipe(retryTransient(policy))).toBe(expected, undefined, fault);
  expectSubscriptions(source.subscriptions).toBe([first, second]);
});
