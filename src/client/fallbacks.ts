import { Subscription } from 'rxjs';
import type { ChatFailure } from '../errors/index.js';
import type { Entry, Pacer } from '../pacing/index.js';
import { type Call, tell } from './call.js';
import type { Core } from './core.js';
import { fallsBack } from './fallsBack.js';
import { onceATurn } from './onceATurn.js';
import { mayGoAnyMoment } from './rejectHopeless.js';

/** After a failure: hands a call over to the next of its candidates, if there is one that may succeed. Answers whether it did. */
export function fallBack(core: Core, call: Call, failure: ChatFailure): boolean {
  const others = othersOf(core, call);
  if (others.length === 0 || !fallsBack(failure)) return false;
  call.candidates = others;
  const [next] = others as [string];
  const { fallbackAfter, clock } = core;
  const soon =
    fallbackAfter === Number.POSITIVE_INFINITY || wouldGo(core, call, next, true) <= clock.now() + fallbackAfter;
  handOver(core, call, soon ? next : (earliest(core, call, others, Number.POSITIVE_INFINITY, true) ?? next), failure);
  return true;
}

/**
 * Looks after a call that waits, for as long as it does: calls `leave` where another candidate would admit it earlier and it would wait
 * longer than `fallbackAfter`, as its line foresees or as it turns out.
 * @param chosen its line was chosen just now, for what is foreseen there: it stays at first
 */
export function watchWait(
  core: Core,
  call: Call,
  lane: Pacer,
  place: Entry,
  chosen: boolean,
  leave: (model: string) => void,
): Subscription {
  const { clock, fallbackAfter } = core;
  const watching = new Subscription();
  /** Until then it is content to wait. */
  let dueBy: number;
  /** It has waited so long, and nothing better was in sight: any change may help. */
  let overdue = false;
  let timer: Subscription | undefined;

  const stayUntil = (instant: number): void => {
    dueBy = instant;
    overdue = dueBy <= clock.now();
    timer?.unsubscribe();
    if (!overdue) timer = clock.schedule(() => look(true), dueBy - clock.now());
  };
  const look = (late: boolean): void => {
    const own = lane.foresight(place);
    call.cost = place.costOf();
    if (!own) return;
    // Where nobody knows how long it waits, only time tells whether that is too long.
    if ((own.at <= dueBy || mayGoAnyMoment(own)) && !late) return;
    // One that may go at any moment goes only where that is sooner than it minds. Of two lines that are both full up nobody knows which is the faster.
    const than = mayGoAnyMoment(own) ? clock.now() + Math.max(1, fallbackAfter) : own.at;
    const better = earliest(core, call, othersOf(core, call), than, own.waitingFor !== 'max_concurrent');
    if (better !== undefined) leave(better);
    else if (own.at < Number.POSITIVE_INFINITY) stayUntil(Math.max(dueBy, own.at));
    else overdue = late;
  };
  const lookSoon = onceATurn(clock, () => look(overdue), watching);

  watching.add(() => timer?.unsubscribe());
  watching.add(
    lane.watch(() => {
      const learned = call.cost === undefined && place.costOf() !== undefined;
      if (overdue || learned || lane.roomForFirst(clock.now()) > dueBy) lookSoon();
    }),
  );
  for (const model of othersOf(core, call)) watching.add(laneOf(core, model).watch(() => overdue && lookSoon()));
  const patience = clock.now() + fallbackAfter;
  const at = chosen ? (lane.foresight(place)?.at ?? patience) : patience;
  stayUntil(at < Number.POSITIVE_INFINITY ? Math.max(patience, at) : patience);
  if (!chosen) look(overdue);
  return watching;
}

/** The other candidates, in order, as far as they are configured. */
function othersOf(core: Core, { candidates = [], model }: Call): readonly string[] {
  return candidates.filter(name => name !== model && core.catalogue?.entry(name));
}

/**
 * Of these models the one that would admit it first, before the instant `than`; undefined if none would.
 * @param evenFull also such as are full up (`max_concurrent`): that is seldom for long
 */
function earliest(
  core: Core,
  call: Call,
  models: readonly string[],
  than: number,
  evenFull: boolean,
): string | undefined {
  let first = than;
  let best: string | undefined;
  for (const model of models) {
    const at = wouldGo(core, call, model, evenFull);
    if (at >= first) continue;
    first = at;
    best = model;
  }
  return best;
}

/** The instant at which this model would admit it, if it came now. Its cost there is taken to be what it is where it was. */
function wouldGo(core: Core, call: Call, model: string, evenFull: boolean): number {
  const cost = call.cost ?? call.estimate?.atMost ?? {};
  return laneOf(core, model).foreseeNewcomer(cost, call.priority, call.key, evenFull);
}

function laneOf(core: Core, model: string): Pacer {
  return core.lanes.of(core.catalogue!.entry(model)!);
}

/** The call is another model's from now on. */
export function handOver(core: Core, call: Call, to: string, error?: ChatFailure): void {
  const { model: from, place } = call;
  call.model = to;
  call.place = 'queued';
  call.tries = { retries: 0, refusals: 0 };
  core.status.hand(call.priority, { model: from, place: place! }, { model: to, place: 'queued' });
  if (call.place === 'queued') tell(core, call, { type: 'fallback', from, to, ...(error && { error }) });
}
