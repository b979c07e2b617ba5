import type { Subscription } from 'rxjs';
import type { Clock } from '../pacing/index.js';

/** A function that has `work` done once at the end of this turn, however often it is called until then; not after `life` has ended. */
export function onceATurn(clock: Clock, work: () => void, life: Subscription): () => void {
  // Not added to `life` one by one: what has rung stays in a Subscription until that ends.
  let pending: Subscription | undefined;
  life.add(() => pending?.unsubscribe());
  return () => {
    pending ??= clock.schedule(() => {
      pending = undefined;
      work();
    }, 0);
  };
}
