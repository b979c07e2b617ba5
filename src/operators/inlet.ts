import { Subscriber } from 'rxjs';

/** What can stop a source, and let it go on. */
export interface Valve {
  hold(): void;
  flow(): void;
}

/**
 * The end of a pipe whose values are taken one by one, later. While too many wait, it holds what they come from.
 * Of pull and push RxJS has the second only; what stands between is found by following each subscriber to its destination.
 */
export abstract class Inlet<T> extends Subscriber<T> {
  private readonly valves = new Set<Valve>();
  private held = false;

  /** @returns takes it away again */
  attach(valve: Valve): () => void {
    this.valves.add(valve);
    if (this.held) valve.hold();
    return () => this.valves.delete(valve);
  }

  protected hold(): void {
    if (this.held) return;
    this.held = true;
    for (const valve of this.valves) valve.hold();
  }

  protected flow(): void {
    if (!this.held) return;
    this.held = false;
    for (const valve of this.valves) valve.flow(); // which may bring values at once
  }
}

/** Where the values of this subscriber end up; undefined if nobody takes them one by one, or others get them too (`share`). */
export function inletOf(subscriber: Subscriber<unknown>): Inlet<unknown> | undefined {
  let end: unknown = subscriber;
  while (end instanceof Subscriber && !(end instanceof Inlet)) {
    end = (end as unknown as { readonly destination?: unknown }).destination;
  }
  return end instanceof Inlet ? end : undefined;
}
