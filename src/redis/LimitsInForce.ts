import { BehaviorSubject, combineLatest, map, type Observable, tap } from 'rxjs';
import type { Window, WindowUse } from '../limits/index.js';

const never = Number.POSITIVE_INFINITY;

/** What processes have for a window: the lowest counts. */
export interface Spread {
  readonly lowest: number;
  readonly highest: number;
}

/** The limits of a pool as this process has them, and as all of them do: where they differ, the lowest holds. */
export class LimitsInForce {
  /** As the config has them. */
  private configured: readonly Window[] = [];
  /** Limits in force, by name, and the part of them that is ours: lower than the config's where another process has less. */
  private readonly lowest$ = new BehaviorSubject<{
    readonly limits: ReadonlyMap<string, number>;
    readonly part: number;
  }>({ limits: new Map(), part: 1 });

  /** What was told last, by window. */
  private readonly told = new Map<string, string>();

  /** @param differ told when processes have different limits for a window, and when these change */
  constructor(private readonly differ: (window: Window, spread: Spread) => void) {}

  /** 1, but where each goes on by itself with a share. */
  get part(): number {
    return this.lowest$.value.part;
  }

  /** The config's windows with the limits that hold. */
  of(windows$: Observable<readonly Window[]>): Observable<readonly Window[]> {
    return combineLatest([windows$.pipe(tap(windows => (this.configured = windows))), this.lowest$]).pipe(
      map(([windows, { limits, part }]) =>
        windows.map(window => ({
          ...window,
          limit: part * Math.min(window.limit, limits.get(nameOf(window)) ?? never),
        })),
      ),
    );
  }

  share(part: number): void {
    if (part !== this.part) this.lowest$.next({ ...this.lowest$.value, part });
  }

  /** @param all what the processes have, by window */
  follow(all: ReadonlyMap<string, Spread>): void {
    const before = this.lowest$.value.limits;
    const limits = new Map(Array.from(all, ([name, { lowest }]) => [name, lowest]));
    const isLower = (window: Window): boolean =>
      [before, limits].some(lowest => lowest.get(nameOf(window))! < window.limit);
    const { configured } = this;
    if (configured.some(isLower)) this.lowest$.next({ ...this.lowest$.value, limits });
    for (const window of configured) this.tell(window, all.get(nameOf(window)));
  }

  private tell(window: Window, spread: Spread | undefined): void {
    const news = spread && spread.lowest < spread.highest ? `${spread.lowest} ${spread.highest} ${window.limit}` : '';
    if (news === (this.told.get(nameOf(window)) ?? '')) return;
    this.told.set(nameOf(window), news);
    if (spread && news) this.differ(window, spread);
  }

  /** As the config has it, or the server told it; not as another process has lowered it. */
  own(windows: readonly WindowUse[]): [name: string, limit: number][] {
    return windows.map(window => {
      const own = this.configured.find(({ unit, per }) => unit === window.unit && per === window.per);
      const limit = own && !window.learned ? own.limit : window.limit / this.part;
      return [nameOf(window), limit];
    });
  }
}

/** As Redis knows a window. */
export function nameOf({ unit, per, kind }: Pick<Window, 'unit' | 'per' | 'kind'>): string {
  return `${unit}|${per}|${kind}`;
}
