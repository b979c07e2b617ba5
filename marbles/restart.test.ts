import type { ChatClient, ChatClientOptions, RateWindow, UsageRecord, UsageStore } from 'rx-groq';
import { concat, filter, map, NEVER, type Observable, switchMap, take, throwError, timer } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import type { RunHelpers } from 'rxjs/testing';
import { expect } from 'vitest';
import { answer, ask, clientOf, end, head } from './support/chat.js';
import { keptInMemory } from './support/keptInMemory.js';
import { marbles } from './support/marbles.js';

/** Starts a process: a client of a server that answers a … f at once, x after 2 ms with the use of 60 tokens, and n never. */
function processes({ cold }: RunHelpers, usageStore: UsageStore, windows: RateWindow | RateWindow[]) {
  const answers = {
    ...Object.fromEntries([...'abcdef'].map(letter => [letter, cold('(hX.|)', answer)])),
    x: cold('h-(.|)', { h: head(200), '.': end(10, 50) }),
    n: NEVER,
  };
  return (options: ChatClientOptions = {}): ChatClient =>
    clientOf({ windows: [windows].flat() }, answers, { usageStore, ...options });
}

/** What the process that starts at an instant answers. One that is killed has no end here: it simply gets no more requests. */
function answered(at: number, start: () => ChatClient, prompts$: Observable<string>, more = {}): Observable<string> {
  return timer(at).pipe(
    map(() => start()),
    switchMap(client => prompts$.pipe(client.completeMap(prompt => ask(prompt, more)))),
    map(({ value }) => value),
  );
}

marbles('A sliding window goes on after a restart', helpers => {
  const { cold, expectObservable } = helpers;
  const start = processes(helpers, keptInMemory(), { limit: 2, per: 10 });
  const first = cold('   a-b');
  const second = cold('      (cd)');
  //  2 per 10 ms        a---------|
  //                       b---------|
  const before = '       a-b';
  const after = '        ----------c-d';
  expectObservable(answered(0, start, first)).toBe(before);
  expectObservable(answered(4, start, second)).toBe(after);
});

marbles('So does a bucket', helpers => {
  const { cold, expectObservable } = helpers;
  const start = processes(helpers, keptInMemory(), { limit: 2, per: 10, kind: 'bucket' });
  const first = cold('   a-b');
  const second = cold('      (cd)');
  //  one every 5 ms     a----|
  //                          b----|    owed from 5 on
  const before = '       a-b';
  const after = '        -----c----d';
  expectObservable(answered(0, start, first)).toBe(before);
  expectObservable(answered(4, start, second)).toBe(after);
});

marbles('And a day, after two restarts', helpers => {
  const { cold, expectObservable } = helpers;
  const start = processes(helpers, keptInMemory(), { limit: 2, per: '1d' });
  const first = cold('   a');
  const second = cold('          b');
  const third = cold('                    (cd)');
  //  2 a day            a 86399999ms           |
  //                       60m - b 86399999ms     |
  const after = '        86400000ms             c 3599999ms d';
  expectObservable(answered(0, start, first)).toBe('a');
  expectObservable(answered(3_600_000, start, second)).toBe('60m b');
  expectObservable(answered(7_200_000, start, third)).toBe(after);
});

marbles(
  'What was in flight at a kill counts as used, from the last instant on at which it may have been counted',
  helpers => {
    const { cold, expectObservable } = helpers;
    const start = processes(helpers, keptInMemory(), { limit: 1, per: 10 });
    const process = (): ChatClient => start({ maxFlight: 4 });
    const first = cold('   n');
    const second = cold('     c');
    //  1 per 10 ms        n~~~----------|      n~~~ in flight, killed at 3
    expectObservable(answered(0, process, first), '  ---!').toBe('');
    expectObservable(answered(3, process, second)).toBe('--------------c');
  },
);

marbles('Usage is kept, not its estimate', helpers => {
  const { cold, expectObservable } = helpers;
  const start = processes(helpers, keptInMemory(), { limit: 120, per: 10, unit: 'tokens' });
  const first = cold('   x');
  const second = cold('     (xx)');
  //  120 per 10 ms      x-X-------|          120 at first, 60 from X on, killed at 3
  //                        x-X-------|
  //                               x-X
  const after = '        -----x------x';
  expectObservable(answered(0, start, first, { max_completion_tokens: 110 })).toBe('--x');
  expectObservable(answered(3, start, second, { max_completion_tokens: 50 })).toBe(after);
});

marbles('A pool that nobody asks for meanwhile keeps its count', helpers => {
  const { cold, expectObservable } = helpers;
  const store = keptInMemory();
  const start = processes(helpers, store, { limit: 1, per: 10 });
  const first = cold('   a');
  const second = cold('     b');
  const third = cold('         c');
  const elsewhere = (): ChatClient =>
    clientOf({ pool: 'other', windows: [{ limit: 1, per: 5 }] }, { b: cold('(hX.|)', answer) }, { usageStore: store });
  //  1 per 10 ms        a---------|
  expectObservable(answered(0, start, first)).toBe('     a');
  expectObservable(answered(3, elsewhere, second)).toBe('---b');
  expectObservable(answered(6, start, third)).toBe('     ----------c');
});

for (const [way, jump] of [
  ['back', -86_400_000],
  ['forward', 86_400_000],
] as const) {
  marbles(`A wall clock that jumps ${way} by a day while a process runs changes nothing`, helpers => {
    const { cold, expectObservable } = helpers;
    const virtual = dateTimestampProvider.delegate!;
    dateTimestampProvider.delegate = { now: () => 1e12 + virtual.now() + (virtual.now() < 2 ? 0 : jump) };
    const start = processes(helpers, keptInMemory(), { limit: 2, per: 10 });
    const first = cold('   a-b');
    const second = cold('      (cd)');
    //  the wall clock     --!                jumps
    //  2 per 10 ms        a---------|
    //                       b---------|
    const after = '        ----------c-d';
    expectObservable(answered(0, start, first)).toBe('a-b');
    expectObservable(answered(4, start, second)).toBe(after);
  });
}

marbles(
  'One that was set back between two processes loses nothing: no time has passed, as far as is certain',
  helpers => {
    const { cold, expectObservable } = helpers;
    const virtual = dateTimestampProvider.delegate!;
    dateTimestampProvider.delegate = { now: () => 1e12 + virtual.now() - (virtual.now() < 3 ? 0 : 3_600_000) };
    const start = processes(helpers, keptInMemory(), { limit: 2, per: 10 });
    const first = cold('   a-b');
    const second = cold('      (cd)');
    //  the wall clock     ---!                 jumps after the save at 2, so the process from 4 on takes it to be 2
    //  2 per 10 ms        a-> ---------|
    //                       b-> ---------|
    const after = '        ------------c-d';
    expectObservable(answered(0, start, first)).toBe('a-b');
    expectObservable(answered(4, start, second)).toBe(after);
  },
);

marbles('While a store has not answered requests wait; then they go, by what it says', helpers => {
  const { cold, expectObservable } = helpers;
  const store = keptInMemory();
  const start = processes(helpers, store, { limit: 2, per: 10 });
  const late = (): ChatClient =>
    start({ usageStore: { ...store, load: () => timer(5).pipe(map(() => store.saves.at(-1)!)) } });
  const first = cold('   a');
  const second = cold('   (bc)');
  //  the store           -----!         asked at 1, answers at 6
  //  2 per 10 ms        a---------|
  const after = '        ------b---c';
  expectObservable(answered(0, start, first)).toBe('a');
  expectObservable(answered(1, late, second)).toBe(after);
});

marbles('One that never answers is given up after 10 s', helpers => {
  const { cold, expectObservable } = helpers;
  const start = processes(helpers, { load: () => NEVER, save: () => {} }, { limit: 1, per: 10 });
  const client = start();
  expectObservable(
    cold('a').pipe(
      client.completeMap(prompt => ask(prompt)),
      map(({ value }) => value),
    ),
  ).toBe('10s a');
  expectObservable(storeErrors(client), '^ 11s !').toBe('10s e', { e: 'load: usage store: no answer within 10 s' });
});

for (const [what, load] of [
  ['throws', () => raise('disk on fire')],
  ['fails', () => throwError(() => new Error('disk on fire'))],
] as const) {
  marbles(`One that ${what} when it is read is a warning and a fresh start`, helpers => {
    const { cold, expectObservable } = helpers;
    const client = processes(helpers, { load, save: () => {} }, { limit: 1, per: 10 })();
    const source = cold(' (ab)');
    //  1 per 10 ms       a---------|
    const expected = '    a---------b';
    const warned = '      e----------';
    expectObservable(
      source.pipe(
        client.completeMap(prompt => ask(prompt)),
        map(({ value }) => value),
      ),
    ).toBe(expected);
    expectObservable(storeErrors(client), '^----------!').toBe(warned, { e: 'load: disk on fire' });
  });

  marbles(`One that ${what} when it is written is a warning, told once until it works again`, helpers => {
    const { cold, expectObservable } = helpers;
    let works = false;
    const save = (): unknown => (works ? undefined : load());
    const client = processes(helpers, { load: () => null, save }, { limit: 1, per: 3 })();
    const source = cold(' (abcd)');
    //  1 per 3 ms        a--|
    //                       b--|
    const expected = '    a--b--c--d';
    const breaks = cold(' bbbbbwwwbb');
    const warned = '      e--------e';
    breaks.subscribe(state => {
      works = state === 'w';
    });
    expectObservable(
      source.pipe(
        client.completeMap(prompt => ask(prompt)),
        map(({ value }) => value),
      ),
    ).toBe(expected);
    expectObservable(storeErrors(client), '^---------!').toBe(warned, { e: 'save: disk on fire' });
  });
}

marbles(
  'It is saved at once at the pace of most quotas, once a second in the long run, and never without need',
  helpers => {
    const store = keptInMemory();
    const client = processes(helpers, store, { limit: 10_000, per: '1d' })();
    const tenASecond = timer(0, 100).pipe(take(200));
    concat(tenASecond, timer(100_000))
      .pipe(client.completeMap(() => ask('a')))
      .subscribe();
    helpers.flush();
    const times = store.saves.map(({ savedAt }) => savedAt);
    expect(times.filter(at => at <= 5000)).toEqual(range(51).map(n => n * 100));
    expect(times.filter(at => at > 7000 && at < 100_000)).toEqual(range(13).map(n => 8000 + n * 1000));
    expect(times.filter(at => at > 100_000)).toEqual([119_900]);
    expect(store.saves.map(used)).toContain(200);
    expect(used(store.saves.at(-1)!)).toBe(201);
  },
);

marbles('A save begins when the one before has ended, and says all by then', helpers => {
  const begun: [at: number, used: number][] = [];
  const save = (usage: UsageRecord): Observable<number> => {
    begun.push([usage.savedAt, used(usage)]);
    return timer(5);
  };
  const start = processes(helpers, { load: () => null, save }, { limit: 10_000, per: '1d' });
  const source = helpers.cold('aaaaaaaaa');
  source.pipe(start().completeMap(prompt => ask(prompt))).subscribe();
  helpers.flush();
  //  saves                   s----s----s
  expect(begun).toEqual([
    [0, 1],
    [5, 6],
    [10, 9],
  ]);
});

marbles('close() saves what has not been saved', helpers => {
  const store = keptInMemory();
  const client = processes(helpers, store, { limit: 10_000, per: '1d' })();
  timer(0, 10)
    .pipe(
      take(200),
      client.completeMap(() => ask('a')),
    )
    .subscribe();
  timer(1995).subscribe(() => client.close());
  helpers.flush();
  expect(store.saves.at(-2)!.savedAt).toBeLessThan(1900);
  expect(store.saves.at(-1)!.savedAt).toBe(1995);
  expect(used(store.saves.at(-1)!)).toBe(200);
});

/** Units in the one window that was saved. */
function used({ pools }: UsageRecord): number {
  return pools.m![0]!.counted.reduce((sum, [, amount]) => sum + amount, 0);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function raise(message: string): never {
  throw new Error(message);
}

/** What the client warns of its store. */
function storeErrors(client: ChatClient): Observable<string> {
  return client.events$.pipe(
    filter(event => event.type === 'store_error'),
    map(({ during, error }) => `${during}: ${(error as Error).message}`),
  );
}
