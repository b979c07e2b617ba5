import { Observable } from 'rxjs';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import { begin, type Call, end, failureOfCall } from './call.js';
import type { Core } from './core.js';

/** Keeps the books of a call while its answer is awaited: it ends as completed, failed or cancelled, exactly once. */
export function follow<T>(core: Core, call: Call, answer$: Observable<T>): Observable<T> {
  return new Observable(subscriber => {
    const fail = (error: unknown): void => {
      const failure = failureOfCall(call, error);
      end(core, call, failure);
      subscriber.error(failure);
    };
    const inner = operatorSubscriber<T>(
      subscriber,
      value => subscriber.next(value),
      () => {
        end(core, call, 'completed');
        subscriber.complete();
      },
      fail,
    );
    try {
      begin(core, call, error => inner.error(error));
    } catch (error) {
      return fail(error);
    }
    subscriber.add(() => end(core, call, 'cancelled'));
    answer$.subscribe(inner);
  });
}
