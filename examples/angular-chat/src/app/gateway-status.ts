import { computed, Injectable, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import type { ClientStatus, ModelLimits } from 'rx-groq';
import { distinctUntilChanged, map, Observable, of, startWith, switchMap } from 'rxjs';
import { GATEWAY, MODEL } from './gateway';
import { online$ } from './online';

/** What `/status` tells. In JSON null stands for what has no limit. */
interface Snapshot {
  readonly models: Readonly<Record<string, ModelLimits>>;
  readonly status: ClientStatus;
  /** ms of `performance.now()` */
  readonly at: number;
}

/** The gateway as it stands now, for all who use it. */
@Injectable({ providedIn: 'root' })
export class GatewayStatus {
  readonly #url = `${inject(GATEWAY)}/status`;
  readonly #snapshot = toSignal(
    online$.pipe(
      distinctUntilChanged(),
      switchMap(online => (online ? snapshots(this.#url) : of(undefined))),
    ),
  );

  /** False until the gateway has spoken, and while it can't be reached. */
  readonly reached = computed(() => this.#snapshot() !== undefined);
  readonly limits = computed(() => this.#snapshot()?.models[MODEL]);
  readonly counts = computed(() => this.#snapshot()?.status.models?.[MODEL]);
  /** When the next in line goes, on `performance.now()`'s clock; undefined: nobody waits, or nobody knows. */
  readonly nextAt = computed(() => {
    const snapshot = this.#snapshot();
    const ms = this.limits()?.nextAdmissionMs;
    return snapshot && this.limits()?.queued && typeof ms === 'number' ? snapshot.at + ms : undefined;
  });
}

/** undefined while there is no connection; the browser tries again by itself. */
function snapshots(url: string): Observable<Snapshot | undefined> {
  return new Observable<MessageEvent<string> | undefined>(subscriber => {
    const source = new EventSource(url);
    source.onmessage = message => subscriber.next(message);
    source.onerror = () => subscriber.next(undefined);
    return () => source.close();
  }).pipe(
    map(message => message && { ...JSON.parse(message.data), at: performance.now() }),
    startWith(undefined),
  );
}
