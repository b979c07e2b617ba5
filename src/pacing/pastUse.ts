import type { Window } from '../limits/index.js';
import { type Counted, instantsOf, type WindowUsage } from './WindowUsage.js';

type Name = Pick<Window, 'unit' | 'per'>;

interface PastWindow extends Name {
  readonly counted: readonly Counted[];
}

/** What a former process has counted, for every window that is opened in this one, whenever that is. */
export class PastUse {
  private readonly windows: readonly PastWindow[];

  /** @param origin instant that the ages were counted from */
  constructor(usage: readonly WindowUsage[], origin: number) {
    this.windows = usage.map(window => ({
      unit: window.unit,
      per: window.per,
      counted: instantsOf(window, origin),
    }));
  }

  of(window: Name): readonly Counted[] {
    return this.windows.find(past => same(past, window))?.counted ?? [];
  }

  /** Until when it may still count. */
  until(window: Name): number {
    return (this.of(window).at(-1)?.time ?? Number.NEGATIVE_INFINITY) + window.per;
  }

  /** What counts in none of these windows. */
  beside(windows: readonly Name[]): readonly PastWindow[] {
    return this.windows.filter(past => !windows.some(window => same(past, window)));
  }
}

function same(one: Name, other: Name): boolean {
  return one.unit === other.unit && one.per === other.per;
}
