import {
  type Budget,
  type BudgetUse,
  type ChatClientOptions,
  type ChatRequest,
  createChatClient,
  type UsageRecord,
  type UsageStore,
} from 'rx-groq';
import { fakeChatClient, finish } from 'rx-groq/testing';
import { delay, map, type Observable, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { ask, clientFor, closing, configFor, MODEL, OTHER, record, simulate } from './harness.js';

const price = { input: 1, output: 2, cached_input: 0.5 };
const tokenCounter: ChatClientOptions['tokenCounter'] = () => 100;

/** The newest of an Observable that replays. */
function now<T>(source: Observable<T>): T {
  const values: T[] = [];
  source.subscribe(value => values.push(value)).unsubscribe();
  return values.at(-1)!;
}

const open = (server: { url: string }, budgets: readonly Budget[]) =>
  clientFor(server, { price }, { budgets, tokenCounter });

describe('a budget of tokens', () => {
  it('is reserved, then spent as usage says, and what goes over it fails at once and is not sent', async () => {
    const simulator = await simulate();
    const client = open(simulator, [{ limit: 300, per: '1d', unit: 'tokens' }]);
    const seen: BudgetUse[] = [];
    client.budgets$.subscribe(([use]) => seen.push(use!));
    const first = await record(client.complete(ask())).end;
    const usage = first.values[0]!.usage!;
    expect(seen.map(({ spent, reserved }) => [spent, reserved])).toEqual([
      [0, 0],
      [0, 150],
      [usage.total_tokens, 0],
    ]);
    expect(seen.at(-1)).toMatchObject({ limit: 300, per: 86_400_000, key: undefined, left: 300 - usage.total_tokens });

    const second = await record(client.complete(ask('More', { max_completion_tokens: 200 }))).end;
    expect(second.error).toMatchObject({
      kind: 'budget_exceeded',
      unit: 'tokens',
      limit: 300,
      requested: 300,
      left: 300 - usage.total_tokens,
      model: MODEL,
    });
    expect(simulator.requests()).toHaveLength(1);
  });

  it('gives back what is unsubscribed before it is sent', async () => {
    const client = clientFor(
      await simulate(),
      { windows: [{ limit: 0, per: '1m' }] },
      { tokenCounter, budgets: [{ limit: 1000, per: '1d', unit: 'tokens' }] },
    );
    const waiting = client.complete(ask()).subscribe();
    expect(now(client.budgets$)).toMatchObject([{ spent: 0, reserved: 150, left: 850 }]);
    waiting.unsubscribe();
    expect(now(client.budgets$)).toMatchObject([{ spent: 0, reserved: 0, left: 1000 }]);
  });

  it('is not spent by what the server refuses', async () => {
    const simulator = await simulate();
    const client = open(simulator, [{ limit: 1000, per: '1d', unit: 'tokens' }]);
    simulator.fault({ kind: 'status', status: 429, retryAfterMs: 1, times: 2 });
    const { values } = await record(client.complete(ask())).end;
    expect(simulator.requests()).toHaveLength(3);
    expect(now(client.budgets$)).toMatchObject([{ spent: values[0]!.usage!.total_tokens, reserved: 0 }]);
  });

  it("is each key's own, and that of all in total", async () => {
    const client = open(await simulate(), [
      { limit: 160, per: '1d', unit: 'tokens', key: ({ user }: ChatRequest) => user ?? undefined },
      { limit: 450, per: '1d', unit: 'tokens' },
    ]);
    const by = (user?: string) => record(client.complete(ask('Hello', { ...(user && { user }) }))).end;
    const [ann, bob, nobody, annAgain] = await Promise.all([by('ann'), by('bob'), by(), by('ann')]);
    expect([ann, bob, nobody].map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(annAgain.error).toMatchObject({ kind: 'budget_exceeded', key: 'ann', limit: 160 });
    expect(now(client.budgets$).map(({ key }) => key)).toEqual(['ann', 'bob', undefined]);
  });

  it('makes wait, where it is told to, until it has room, and lets nothing go that never will', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ cold, expectObservable }) => {
      const client = fakeChatClient({
        answer: () => cold('a|', { a: finish({ prompt_tokens: 100, completion_tokens: 100 }) }),
        tokenCounter: () => 100,
        budgets: [{ limit: 250, per: 50, unit: 'tokens', over: 'wait' }],
      });
      const request = { model: 'm', messages: [{ role: 'user', content: 'x' }], max_completion_tokens: 100 };
      const answered$ = client.stream(request).pipe(map(() => 'a'));
      expectObservable(answered$).toBe('a|');
      expectObservable(answered$).toBe('50ms a|'); // until what the first took is 50 ms old
      const never: string[] = [];
      client.stream({ ...request, max_completion_tokens: 200 }).subscribe({ error: ({ kind }) => never.push(kind) });
      expect(never).toEqual(['budget_exceeded']);
    });
  });

  it('counts the wait for it against queueTimeout', async () => {
    const simulator = await simulate();
    const client = open(simulator, [{ limit: 200, per: '1d', unit: 'tokens', over: 'wait' }]);
    const answer = client.complete(ask()).subscribe();
    const second = await record(client.complete(ask('Hello', { max_completion_tokens: 100, queueTimeout: 5 }))).end;
    expect(second.error).toMatchObject({ kind: 'queue_timeout' });
    answer.unsubscribe();
  });
});

describe('a budget of money', () => {
  it('is spent by the price of prompt, cached prompt and answer', async () => {
    const client = open(await simulate(), [{ limit: 1, per: '1d', unit: 'money' }]);
    const { values } = await record(client.complete(ask())).end;
    const { prompt_tokens, completion_tokens, prompt_tokens_details } = values[0]!.usage!;
    const cached = prompt_tokens_details?.cached_tokens ?? 0;
    const [use] = now(client.budgets$);
    expect(use!.spent).toBeCloseTo((prompt_tokens - cached + cached * 0.5 + completion_tokens * 2) / 1e6, 12);
    expect(use!.spent).toBeGreaterThan(0);
  });

  it('needs prices', () => {
    const budgets: Budget[] = [{ limit: 1, per: '1d', unit: 'money' }];
    expect(() => createChatClient({ a: { price }, b: {} }, { budgets })).toThrow(
      expect.objectContaining({ kind: 'config', message: expect.stringContaining('"b".price') }),
    );
  });
});

describe('a budget', () => {
  const day: Budget = { limit: 1000, per: '1d', unit: 'tokens' };
  const each: Budget = { ...day, key: ({ user }: ChatRequest) => user ?? undefined };

  it.each(['at once', 'later'])('outlives the process in a usage store that answers %s', async how => {
    const simulator = await simulate();
    let saved: UsageRecord | undefined;
    const usageStore: UsageStore = {
      load: () => (how === 'at once' ? saved : of(saved).pipe(delay(20))),
      save(usage) {
        saved = JSON.parse(JSON.stringify(usage));
      },
    };
    const options = { budgets: [day, each], tokenCounter, usageStore };
    const first = createChatClient(configFor(simulator), options);
    await record(first.complete(ask('Hello', { user: 'ann' }))).end;
    const [inAll, ofAnn] = now(first.budgets$);
    expect(inAll!.spent).toBeGreaterThan(0);
    await first[Symbol.asyncDispose]();

    const second = clientFor(simulator, {}, options);
    const tooMuch = ask('Hello', { user: 'ann', max_completion_tokens: 900 });
    const { error } = await record(second.complete(tooMuch)).end;
    expect(error).toMatchObject({ kind: 'budget_exceeded', left: 1000 - inAll!.spent });
    expect(now(second.budgets$)).toMatchObject([{ spent: inAll!.spent }, { key: 'ann', spent: ofAnn!.spent }]);
  });

  it('forgets keys of which nothing counts any more', async () => {
    const simulator = await simulate();
    const client = clientFor(simulator, {}, { budgets: [{ ...each, per: 1 }], tokenCounter });
    for (let user = 0; user < 200; user++) {
      await record(client.complete(ask('Hello', { user: `user ${user}` }))).end;
    }
    expect(now(client.budgets$).length).toBeLessThan(70);
  });

  it('reserves what the dearest of the models takes that may answer, and spends what the one took that did', async () => {
    const simulator = await simulate();
    const config = configFor(simulator, { price });
    const dear = { input: 100, output: 200 };
    const client = closing(
      createChatClient(
        { ...config, [OTHER]: { ...config[OTHER], price: dear } },
        { tokenCounter, budgets: [{ ...day, unit: 'money' }] },
      ),
    );
    const uses: BudgetUse[] = [];
    client.budgets$.subscribe(([use]) => uses.push(use!));
    await record(client.complete(ask('Hello', { fallbacks: [OTHER] }))).end;
    expect(Math.max(...uses.map(({ reserved }) => reserved))).toBeCloseTo((100 * 100 + 50 * 200) / 1e6, 9);
    expect(uses.at(-1)!.spent).toBeLessThan(300 / 1e6);

    simulator.fault({ kind: 'status', status: 404 });
    const before = uses.at(-1)!.spent;
    const { values } = await record(client.complete(ask('Hello', { fallbacks: [OTHER] }))).end;
    const { prompt_tokens, completion_tokens } = values[0]!.usage!;
    expect(values[0]!.model).toBe(OTHER);
    expect(uses.at(-1)!.spent - before).toBeCloseTo((prompt_tokens * 100 + completion_tokens * 200) / 1e6, 9);
  });
});

it.each([
  ['limit', { limit: 0, per: '1d', unit: 'tokens' }],
  ['limit', { limit: Number.NaN, per: '1d', unit: 'tokens' }],
  ['per', { limit: 1, per: 'a day', unit: 'tokens' }],
  ['unit', { limit: 1, per: '1d', unit: 'euros' }],
  ['over', { limit: 1, per: '1d', unit: 'tokens', over: 'panic' }],
  ['key', { limit: 1, per: '1d', unit: 'tokens', key: 'user' }],
  ['unit', null],
])('is a ConfigError at construction where its %s is wrong: %j', (field, budget) => {
  expect(() => createChatClient({ a: {} }, { budgets: [budget as Budget] })).toThrow(
    expect.objectContaining({ kind: 'config', message: expect.stringContaining(`budgets[0].${field}`) }),
  );
});

it('is a ConfigError where it stands without a list: nobody would be bound by it', () => {
  const budgets = { limit: 1, per: '1d', unit: 'tokens' } as unknown as readonly Budget[];
  expect(() => createChatClient({ a: {} }, { budgets })).toThrow(expect.objectContaining({ kind: 'config' }));
});
