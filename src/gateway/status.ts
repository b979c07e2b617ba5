import { asyncScheduler, map, merge, type Observable, ReplaySubject, share, switchMap, throttleTime } from 'rxjs';
import type { ChatClient } from '../client/index.js';
import { beginEvents, type Exchange, finish, write } from './exchange.js';
import type { House } from './house.js';

/** ms between two snapshots at the least: a page can't show more, and a busy client changes with every chunk. */
const period = 200;

/** `{ models: { name: ModelLimits }, status: ClientStatus }` as JSON (null for Infinity), at once and as it changes; one for all who look. */
export function statusOf(client: ChatClient): Observable<string> {
  const limits$ = client.config$.pipe(switchMap(() => merge(...client.models().map(model => client.limits$(model)))));
  let status: unknown = {};
  const changes$ = merge(client.status$.pipe(map(now => (status = now))), limits$);
  return changes$.pipe(
    throttleTime(period, asyncScheduler, { leading: true, trailing: true }),
    map(() => {
      const models = client.models().map(model => [model, client.limits(model)] as const);
      return JSON.stringify({ models: Object.fromEntries(models), status });
    }),
    share({ connector: () => new ReplaySubject(1) }),
  );
}

/** `GET /status`: a stream of events for as long as somebody looks. */
export function watchStatus({ status$ }: House, exchange: Exchange): void {
  beginEvents(exchange);
  const watching = status$.subscribe({
    next: json => write(exchange, `data: ${json}\n\n`),
    complete: () => finish(exchange),
  });
  exchange.response.once('close', () => watching.unsubscribe());
}
