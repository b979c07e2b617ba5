import { BehaviorSubject, combineLatest, map, type Observable, tap } from 'rxjs';
import type { Window, WindowUse } from '../limits/index.js';

const never = Number.POSITIVE_INFINITY;

/** The limits of a pool as this process has them, and as all of them do: where they differ, the lowest holds. */
export class LimitsInForce {
  /** As the config has them. */
  private configured: readonly Window[] = [];
  /** Limits in force, by name, and the part of them that is ours: lower than the config's where another process has less. */
  private readonly lowest$ = new BehaviorSubject<{
    readonly limits: ReadonlyMap<string, number>;
    readonly part: number;
  }>({ limits: new Map(), part: 1 });

  /** @param differ told each time that another process has less */
  constructor(private readonly differ: (window: Window, lowest: number) => void) {}

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

  /** @param limits the lowest of all processes, by window */
  follow(limits: ReadonlyMap<string, number>): void {
    const lower = this.configured.filter(window => (limits.get(nameOf(window)) ?? never) < window.limit);
    for (const window of lower) this.differ(window, limits.get(nameOf(window))!);
    const before = this.lowest$.value.limits;
    if (lower.length > 0 || this.configured.some(window => before.get(nameOf(window))! < window.limit))
      this.lowest$.next({ ...this.lowest$.value, limits });
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
