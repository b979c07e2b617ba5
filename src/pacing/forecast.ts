/** One window's future, if nothing comes but what it is told. Instants it is asked about never go back. */
export interface WindowForecast {
  /** First instant from `from` on at which `need` fits; Infinity: never. */
  roomAt(need: number, from: number): number;
  /** It goes at this instant. */
  take(amount: number, at: number): void;
}

/** All windows' future. */
export interface Forecast {
  /** The first instant from `from` on at which it fits; `by` is the window that decided that, -1 = none. */
  room(amounts: ArrayLike<number>, offset: number, from: number): { readonly at: number; readonly by: number };
  /** It goes at this instant. */
  take(amounts: ArrayLike<number>, offset: number, at: number): void;
}

/** @param windows `by` is the number of each, as `Forecast.admit` answers it */
export function forecastOf(
  windows: readonly { readonly by: number; readonly column: number; readonly future: WindowForecast }[],
): Forecast {
  return {
    room(amounts, offset, from) {
      let at = from;
      let by = -1;
      // Without admissions room only grows, so the latest of the windows' instants suits them all.
      for (const window of windows) {
        const roomAt = window.future.roomAt(amounts[offset + window.column]!, from);
        if (roomAt > at) {
          at = roomAt;
          by = window.by;
        }
      }
      return { at, by };
    },
    take(amounts, offset, at) {
      for (const { column, future } of windows) future.take(amounts[offset + column]!, at);
    },
  };
}

/** @param leaving what is in the window and when it leaves, in order of time */
export function slidingForecast(limit: number, per: number, leaving: { at: number; amount: number }[]): WindowForecast {
  let used = leaving.reduce((sum, { amount }) => sum + amount, 0);
  let gone = 0;
  return {
    roomAt(need, from) {
      for (; gone < leaving.length && leaving[gone]!.at <= from; gone++) used -= leaving[gone]!.amount;
      if (need > limit) return Number.POSITIVE_INFINITY;
      let at = from;
      let excess = used + need - limit;
      for (let next = gone; excess > 1e-9; next++) {
        excess -= leaving[next]!.amount;
        at = leaving[next]!.at;
      }
      return at;
    },
    take(amount, at) {
      used += amount;
      let place = leaving.length;
      while (place > gone && leaving[place - 1]!.at > at + per) place--;
      leaving.splice(place, 0, { at: at + per, amount });
    },
  };
}

/** @param debt units × ms that are wanting at `since` (see `Bucket`) */
export function bucketForecast(limit: number, per: number, debt: number, since: number): WindowForecast {
  let owed = debt;
  let instant = since;
  return {
    roomAt(need, from) {
      if (need > limit || limit === 0) return Number.POSITIVE_INFINITY;
      const then = Math.max(0, owed - limit * (from - instant));
      return from + Math.max(0, Math.ceil((then - (limit - need) * per) / limit - 1e-9));
    },
    take(amount, at) {
      owed = Math.max(0, owed - limit * (at - instant)) + amount * per;
      instant = at;
    },
  };
}
