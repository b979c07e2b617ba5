/** One admitted request whose counting by the server is not yet certain. */
export interface Flight {
  /** What it takes of each unit. */
  amounts: number[];
  /** Latest instant at which the server is taken to have counted it: admission + `maxFlight`, rounded up to a ms. */
  deadline: number;
  /** Its row in the log once it is acknowledged, `inTheAir` before. */
  row: number;
  previous: Flight | undefined;
  next: Flight | undefined;
}

export const inTheAir = -1;

/** The requests in flight, in order of admission and so of deadline: a linked list, since they are acknowledged in any order. */
export class Flights {
  first: Flight | undefined = undefined;
  private last: Flight | undefined = undefined;

  add(flight: Flight): void {
    flight.previous = this.last;
    flight.next = undefined;
    if (this.last) this.last.next = flight;
    else this.first = flight;
    this.last = flight;
  }

  remove(flight: Flight): void {
    if (flight.previous) flight.previous.next = flight.next;
    else this.first = flight.next;
    if (flight.next) flight.next.previous = flight.previous;
    else this.last = flight.previous;
    flight.previous = flight.next = undefined;
  }
}
