import {
  catchError,
  concat,
  concatMap,
  defer,
  from,
  isObservable,
  map,
  Observable,
  of,
  Subject,
  startWith,
  throwError,
} from 'rxjs';
import type { ModelEntry } from '../config/index.js';
import { BudgetExceededError, ConfigError } from '../errors/index.js';
import { type Cost, defaultPriority, toWindows } from '../limits/index.js';
import { type Clock, type FlyingPermit, memoryQuota, Pacer } from '../pacing/index.js';
import type { ChatRequest } from '../request/index.js';
import type { UsageKeeper } from '../usage/index.js';
import type { Budget, BudgetUse } from './Budget.js';

/** Tokens of one attempt. */
export interface Taken {
  readonly input: number;
  /** Of these, what the server had cached. */
  readonly cached: number;
  readonly output: number;
}

/** One request's part of the budgets, from before it stands in line to its end. */
export interface Spending {
  /** An attempt is over; undefined: nobody knows what it took, so all that was reserved. */
  took(entry: ModelEntry, taken: Taken | undefined): void;
  /** The request is over: what it did not take is free again. */
  end(): void;
}

export interface Budgets {
  readonly needsPrices: boolean;
  /** Emits once every budget has room. Unsubscribed before, or failed, it has taken nothing. */
  /** @param entries of the models that may answer: what the dearest of them takes is reserved */
  reserve(request: ChatRequest, entries: readonly ModelEntry[], cost: Cost | Observable<Cost>): Observable<Spending>;
  readonly uses$: Observable<readonly BudgetUse[]>;
}

/** A budget of one key: a pacer of its own, whose one window is the budget. */
interface Account {
  readonly budget: Budget;
  readonly key: unknown;
  readonly pacer: Pacer;
  /** Of those under way. */
  reserved: number;
  /** Requests that may still change it. */
  users: number;
  /** Of a usage store. */
  forget(): void;
}

/** Accounts of one budget's keys beyond this, and beyond twice those that were in use last, are looked through for empty ones. */
const fewAccounts = 64;

/**
 * @param usage where what is spent outlives the process, if it does
 * @throws ConfigError for a budget that is none
 */
export function openBudgets(budgets: readonly Budget[], clock: Clock, usage: UsageKeeper | undefined): Budgets {
  if (!Array.isArray(budgets)) throw new ConfigError('budgets: expected a list');
  const windows = budgets.map(checkBudget);
  /** Of each budget, how many accounts were in use when they were looked through. */
  const inUse = budgets.map(() => 0);
  const accounts = budgets.map(() => new Map<unknown, Account>());
  const changed$ = new Subject<void>();

  const accountOf = (index: number, key: unknown): Account => {
    const known = accounts[index]!.get(key);
    if (known) return known;
    const window = windows[index]!;
    const pacer = new Pacer(memoryQuota(), 'budget', clock, {
      aging: 0,
      backfill: false,
      maxQueue: Number.POSITIVE_INFINITY,
      maxConcurrent: Number.POSITIVE_INFINITY,
      maxFlight: 0,
    });
    pacer.connect(of([window]), () => {});
    dropEmpty(index);
    const forget = keep(index, key, pacer);
    const account = { budget: budgets[index]!, key, pacer, reserved: 0, users: 0, forget };
    accounts[index]!.set(key, account);
    return account;
  };
  /** Only keys that are text or numbers can be found again in another process. */
  const keep = (index: number, key: unknown, pacer: Pacer): (() => void) => {
    if (!usage || !(key === undefined || typeof key === 'string' || typeof key === 'number')) return () => {};
    const name = JSON.stringify(['budget', index, budgets[index]!.unit, key]);
    pacer.watch(usage.keep(name, pacer.counts));
    return () => usage.forget(name);
  };
  const dropEmpty = (index: number): void => {
    const byKey = accounts[index]!;
    if (byKey.size < fewAccounts + 2 * inUse[index]!) return;
    for (const [key, account] of byKey) {
      if (account.users > 0 || account.pacer.limits().windows[0]!.used > 0) continue;
      account.forget();
      byKey.delete(key);
    }
    inUse[index] = byKey.size;
  };
  budgets.forEach((budget, index) => {
    if (!budget.key) accountOf(index, undefined);
  });
  const accountsOf = (request: ChatRequest): Account[] => {
    const concerned = budgets.flatMap(({ key }, index) => {
      const whose = key?.(request);
      return key && whose === undefined ? [] : [accountOf(index, whose)];
    });
    // Who would fail does so before others make it wait.
    return concerned.sort((one, other) => Number(one.budget.over === 'wait') - Number(other.budget.over === 'wait'));
  };
  const useOf = ({ budget: { unit, limit }, key, pacer, reserved }: Account): BudgetUse => {
    const { per, used, available } = pacer.limits().windows[0]!;
    return { unit, limit, per, key, spent: Math.max(0, used - reserved), reserved, left: available };
  };
  /** One account's room. */
  const admit = (account: Account, amount: number, request: ChatRequest): Observable<FlyingPermit> => {
    const { budget, pacer } = account;
    const over = () => exceeded(useOf(account), amount, request.model);
    if (budget.over !== 'wait' && amount > useOf(account).left) return throwError(over);
    const priority = request.priority ?? defaultPriority;
    return pacer
      .admit({ cost: { [budget.unit]: amount }, priority })
      .pipe(catchError(error => throwError(() => (error.kind === 'request_too_large' ? over() : error))));
  };

  const reserveAll = (request: ChatRequest, entries: readonly ModelEntry[], cost: Cost): Observable<Spending> =>
    new Observable(subscriber => {
      const concerned = accountsOf(request);
      for (const account of concerned) account.users++;
      const reservation: Taken = { input: cost.input_tokens ?? 0, cached: 0, output: cost.output_tokens ?? 0 };
      const held: { account: Account; amount: number; permit: FlyingPermit }[] = [];
      const total = { tokens: 0, money: 0 };
      let kept = false;
      const give = (actual: (unit: Budget['unit']) => number): void => {
        for (const { account, amount, permit } of held.splice(0)) {
          account.reserved -= amount;
          permit.settle({ [account.budget.unit]: actual(account.budget.unit) });
          permit.end();
        }
        for (const account of concerned.splice(0)) account.users--;
        changed$.next();
      };
      const spending: Spending = {
        took(answering, taken = reservation) {
          total.tokens += amountOf('tokens', answering, taken);
          if (answering.price) total.money += amountOf('money', answering, taken);
        },
        end: () => give(unit => total[unit]),
      };
      const waiting = from([...concerned])
        .pipe(
          concatMap(account => {
            const amount = Math.max(...entries.map(entry => amountOf(account.budget.unit, entry, reservation)));
            return admit(account, amount, request).pipe(map(permit => ({ account, amount, permit })));
          }),
        )
        .subscribe({
          next(one) {
            one.account.reserved += one.amount;
            one.permit.acknowledged();
            held.push(one);
          },
          error: error => subscriber.error(error),
          complete() {
            kept = true;
            changed$.next();
            subscriber.next(spending);
            subscriber.complete();
          },
        });
      return () => {
        waiting.unsubscribe();
        if (!kept) give(() => 0);
      };
    });

  return {
    needsPrices: budgets.some(({ unit }) => unit === 'money'),
    reserve(request, entries, cost) {
      const spending$ = isObservable(cost)
        ? cost.pipe(concatMap(counted => reserveAll(request, entries, counted)))
        : reserveAll(request, entries, cost);
      return usage && !usage.loaded ? concat(usage.loaded$, spending$) : spending$;
    },
    uses$: defer(() =>
      changed$.pipe(
        startWith(undefined),
        map(() => accounts.flatMap(byKey => [...byKey.values()].map(useOf))),
      ),
    ),
  };
}

/** @throws ConfigError for money without a price */
function amountOf(unit: Budget['unit'], entry: ModelEntry, { input, cached, output }: Taken): number {
  if (unit === 'tokens') return input + output;
  const { price } = entry;
  if (!price) throw withoutPrice([entry.name]);
  return ((input - cached) * price.input + cached * (price.cached_input ?? price.input) + output * price.output) / 1e6;
}

export function withoutPrice(models: readonly string[]): ConfigError {
  return new ConfigError(
    `A budget of money needs a price for every model. Missing: ${models.map(name => `"${name}".price`).join(', ')}. Write "price": { "input": …, "output": … }, per million tokens.`,
  );
}

function checkBudget(budget: Budget, index: number) {
  const wrong = (what: string): never => {
    throw new ConfigError(`budgets[${index}].${what}`);
  };
  const { limit, per, unit, over = 'fail', key } = (budget ?? {}) as Budget;
  if (unit !== 'tokens' && unit !== 'money') wrong(`unit: expected 'tokens' or 'money', got ${JSON.stringify(unit)}`);
  if (!(limit > 0 && Number.isFinite(limit))) wrong(`limit: expected a number above 0, got ${String(limit)}`);
  if (over !== 'fail' && over !== 'wait') wrong(`over: expected 'fail' or 'wait', got ${JSON.stringify(over)}`);
  if (key !== undefined && typeof key !== 'function') wrong(`key: expected a function, got a ${typeof key}`);
  try {
    return toWindows({ limit, per, unit })[0]!;
  } catch (error) {
    return wrong(`per: ${(error as Error).message}`);
  }
}

function exceeded({ unit, limit, per, key, left }: BudgetUse, requested: number, model: string): BudgetExceededError {
  const round = (amount: number) => Number(amount.toPrecision(6));
  return new BudgetExceededError(
    `The request may take ${round(requested)} ${unit}, but of the budget of ${limit} per ${per} ms ${round(left)} are left. Wait, lower max_completion_tokens, or raise the budget.`,
    { unit, limit, requested, left, key, model },
  );
}
