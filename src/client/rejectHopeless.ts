import { Subscription } from 'rxjs';
import { QueueTimeoutError } from '../errors/index.js';
import type { Clock, Entry, Foresight, Pacer } from '../pacing/index.js';
import { onceATurn } from './onceATurn.js';

/** Obstacles that may be gone the next moment. */
const unforeseeable = new Set(['the gate', 'max_concurrent', 'the circuit']);

/** Whether nobody knows how long it waits: what holds it is no matter of time. */
export function mayGoAnyMoment({ at, waitingFor }: Foresight): boolean {
  return at === Number.POSITIVE_INFINITY && unforeseeable.has(waitingFor);
}

/**
 * Refuses one that, as its line stands, can't go by `dueBy`: at once; or, where its cost is still being counted or something holds it that
 * may end at any moment, as soon as that is over. What comes later is not held against it.
 */
export function rejectHopeless(
  lane: Pacer,
  place: Entry,
  clock: Clock,
  queueTimeout: number,
  dueBy: number,
  giveUp: (error: QueueTimeoutError) => void,
): Subscription {
  const watching = new Subscription();
  const look = (): void => {
    const foreseen = lane.foresight(place);
    if (!foreseen || mayGoAnyMoment(foreseen)) return;
    const hopeless = foreseen.at > dueBy;
    if (!hopeless && place.costOf() === undefined) return;
    watching.unsubscribe();
    if (hopeless) giveUp(errorOf(queueTimeout, foreseen.at - clock.now()));
  };
  look();
  if (!watching.closed) watching.add(lane.watch(onceATurn(clock, look, watching)));
  return watching;
}

function errorOf(queueTimeout: number, etaMs: number): QueueTimeoutError {
  const wait = etaMs === Number.POSITIVE_INFINITY ? 'for longer than can be foreseen' : `${Math.ceil(etaMs)} ms`;
  return new QueueTimeoutError(
    `The request would wait ${wait} in line, but its queueTimeout is ${queueTimeout} ms (rejectHopeless). Raise queueTimeout, or its priority.`,
    { waitedMs: 0 },
  );
}
