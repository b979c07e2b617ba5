import { fitsTogether, type QuotaReport, type Window } from '../limits/index.js';
import { Guess } from './guess.js';

/** A window that counts. */
export interface WindowInForce {
  readonly window: Window;
  /** The server has told its limit, or all of it. */
  readonly learned: boolean;
}

/** Which windows count: those of the config, as the server has corrected them, and those that only the server has told. */
export class WindowBook {
  private configured: readonly Window[] = [];
  private told: readonly Window[] = [];
  /** Buckets that refused what a bucket has room for. */
  private readonly stricter = new Set<string>();
  /** How often one refused without saying what it had counted. */
  private readonly mute = new Map<string, number>();
  /** For a server that does not tell. */
  readonly guess: Guess = new Guess();

  configure(windows: readonly Window[]): void {
    this.configured = windows;
  }

  inForce(): readonly WindowInForce[] {
    const written = this.configured.map(window => {
      const told = this.told.find(other => same(other, window));
      const limit = Math.min(window.limit, told?.limit ?? window.limit);
      return { window: this.asCounted({ ...window, limit }), learned: told !== undefined };
    });
    const others = this.told.filter(window => !this.configured.some(other => same(other, window)));
    const known = [...written, ...others.map(window => ({ window: this.asCounted(window), learned: true }))];
    const guessed = this.guess.window;
    if (guessed && !known.some(({ window }) => Guess.covers(window))) known.push({ window: guessed, learned: true });
    return known;
  }

  /** The window that a report is about: by its length; or, where a test server's minutes are shorter, by its limit. */
  about(report: QuotaReport, windows: readonly { readonly window: Window }[]): number {
    const exact = windows.findIndex(({ window }) => same(window, report));
    if (exact >= 0) return exact;
    return windows.findIndex(({ window }) => window.unit === report.unit && window.limit === report.limit);
  }

  /** Notes a window that the config does not have, or has with more than the server gives (where it has less, it wins). Answers whether that is news. */
  learn(report: QuotaReport): boolean {
    const { unit, per, limit, kind, confirmed } = report;
    if (!confirmed) return false;
    const known = this.told.find(other => same(other, report));
    const written = this.configured.find(other => same(other, report));
    const news = known
      ? known.limit !== limit
      : written
        ? limit < written.limit
        : this.about(report, this.inForce()) < 0;
    if (news) this.told = [...this.told.filter(other => other !== known), { unit, per, limit, kind }];
    return news;
  }

  /**
   * A bucket that refuses what a bucket has room for is none: it is counted as sliding from now on. Known by its own words, or where it has
   * none by its second refusal. What no window of that limit could hold tells nothing.
   * @param most units of ours that it may have counted beside what it refused
   * @param sent units that were sent here within the window's length, which is what a sliding window has counted. One that asks to wait as a
   * bucket does, and has counted anything else, is a bucket that others use
   */
  suspect({ refused, used, resetMs }: QuotaReport, window: Window, most: number, sent: number): boolean {
    if (refused === undefined || refused > window.limit || window.kind !== 'bucket') return false;
    const { unit, per, limit } = window;
    const name = `${unit} ${per}`;
    const times = (this.mute.get(name) ?? 0) + 1;
    this.mute.set(name, times);
    if (used === undefined) {
      if (times < 2) return false;
    } else {
      const wanting = used + refused - limit;
      const refilled = (resetMs * limit) / per;
      // What is used is told in whole units, rounded up: of requests, one may be all that is wanting.
      const rounded = refilled > wanting - 1 && refilled <= wanting;
      const waitsAsBucket = rounded || fitsTogether(resetMs, wanting, limit, per);
      if (used > most + refused || (waitsAsBucket && Math.abs(used - sent) > 1)) return false;
    }
    this.stricter.add(name);
    return true;
  }

  /**
   * Something was refused for no reason that is known. Answers whether that makes a window, or changes it: where another does for it,
   * the refusal is that one's business.
   */
  refusedUnnamed(sent: number, since: number, now: number): boolean {
    const known = this.inForce().find(({ window }) => Guess.covers(window));
    return (!known || known.window === this.guess.window) && this.guess.refused(sent, since, now);
  }

  private asCounted(window: Window): Window {
    return this.stricter.has(`${window.unit} ${window.per}`) ? { ...window, kind: 'sliding' } : window;
  }
}

function same(one: Pick<Window, 'unit' | 'per'>, other: Pick<Window, 'unit' | 'per'>): boolean {
  return one.unit === other.unit && one.per === other.per;
}
