/** The simulator's own time: ms since its start, monotonic. The wall clock has no part in its counting. */
export interface Clock {
  now(): number;
  /** True after `ms`; false as soon as the client is gone or the clock has been stopped. */
  wait(ms: number, gone?: AbortSignal): Promise<boolean>;
  /** Ends every wait, now and later. */
  stop(): void;
}

export function createClock(): Clock {
  const start = performance.now();
  const now = (): number => performance.now() - start;
  const waits = new Set<() => void>();
  let stopped = false;
  return {
    now,
    wait: (ms, gone) =>
      new Promise(resolve => {
        if (stopped || gone?.aborted === true) return resolve(false);
        const settle = (waited: boolean): void => {
          clearTimeout(timer);
          waits.delete(cut);
          gone?.removeEventListener('abort', cut);
          resolve(waited);
        };
        const cut = (): void => settle(false);
        const end = now() + ms;
        // Node's timers count whole ms by another clock, and may fire up to one early: what is left is waited for, too.
        const arm = (left: number): NodeJS.Timeout =>
          setTimeout(() => {
            const still = end - now();
            if (still > 0) timer = arm(still);
            else settle(true);
          }, Math.ceil(left));
        let timer = ms < TIMER_MOST ? arm(ms) : undefined;
        waits.add(cut);
        gone?.addEventListener('abort', cut);
      }),
    stop() {
      stopped = true;
      for (const cut of [...waits]) cut();
    },
  };
}

/** Beyond it a timer of Node fires at once; whoever waits so long waits for the client. */
const TIMER_MOST = 2 ** 31;
