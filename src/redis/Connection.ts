import { randomUUID } from 'node:crypto';
import { Subject, Subscription } from 'rxjs';
import type { QuotaUnavailableError } from '../errors/index.js';
import { type Clock, clockOf, type QuotaNotice } from '../pacing/index.js';
import type { Link, LinkEvents } from './Link.js';
import type { LineHandlers, RedisLine } from './RedisLine.js';
import { silent, tooOld, unavailable } from './unavailable.js';

/** ms after which a step that failed is tried again, should the connection be there. */
const again = 250;
/** ms and how often it is looked whether a first connection has come about or failed; so a process that was held up has its time too. */
const patience = { ms: 2000, times: 5 };
/** ms that the last steps have when all is closed. */
const grace = 1000;

/** One connection for all pools of a quota: made when the first is used, let go when the last is not any more. */
export class Connection {
  readonly notices$: Subject<QuotaNotice> = new Subject();
  private readonly clock: Clock = clockOf();
  private link: Link | undefined = undefined;
  private readonly lines = new Map<string, { readonly channel: string; readonly handlers: LineHandlers }>();
  private ready = false;
  private wasReady = false;
  private failure: QuotaUnavailableError | undefined = undefined;
  /** Steps under way. */
  private running = 0;
  private readonly timers: Subscription = new Subscription();
  /** Tells apart what an earlier link of this connection still says. */
  private generation = 0;

  constructor(private readonly connect: (events: LinkEvents) => Promise<Link>) {}

  /** @param key of the pool's state */
  line(key: string, pool: string): RedisLine {
    const connection = this;
    const id = randomUUID();
    let open = false;
    return {
      id,
      get ready() {
        return connection.ready;
      },
      get isDown() {
        return connection.wasReady && !connection.ready;
      },
      get failure() {
        return connection.failure;
      },
      open(handlers) {
        open = true;
        connection.add(id, `${key}:${id}`, handlers);
        return new Subscription(() => {
          open = false;
          connection.remove(id);
        });
      },
      run: message => connection.run(key, message, id, () => open),
      later: (work, ms) => connection.clock.schedule(work, ms),
      limitsDiffer: (window, spread) => connection.notices$.next({ type: 'limits_differ', pool, window, ...spread }),
    };
  }

  private add(id: string, channel: string, handlers: LineHandlers): void {
    this.lines.set(id, { channel, handlers });
    if (this.lines.size === 1 && !this.link) this.begin();
    else if (this.ready) this.join(channel, handlers);
  }

  private remove(id: string): void {
    this.lines.delete(id);
    if (this.lines.size > 0) return;
    if (this.running === 0) this.end();
    else this.timers.add(this.clock.scheduleIdly(() => this.lines.size === 0 && this.end(), grace));
  }

  private begin(): void {
    const generation = ++this.generation;
    const current = (work: () => void) => (): void => {
      if (generation === this.generation) work();
    };
    let link: Link | undefined;
    let early = false;
    const events: LinkEvents = {
      // A client that is handed in may be ready before its link is made.
      ready: current(() => {
        early = true;
        if (link) this.found(link);
      }),
      failed: error => current(() => this.lost(error))(),
    };
    this.connect(events).then(
      made => {
        if (generation !== this.generation) {
          made.close();
          return;
        }
        link = this.link = made;
        this.watchSilence(generation, patience.times);
        if (early) this.found(made);
      },
      error => current(() => this.lost(error))(),
    );
  }

  private watchSilence(generation: number, left: number): void {
    if (generation !== this.generation || this.wasReady || this.failure) return;
    if (left === 0) this.lost(silent());
    else this.timers.add(this.clock.scheduleIdly(() => this.watchSilence(generation, left - 1), patience.ms));
  }

  private end(): void {
    this.generation++;
    this.link?.close();
    this.link = undefined;
    this.ready = this.wasReady = false;
    this.failure = undefined;
  }

  private found(link: Link): void {
    // It is asked once: an answer on a connection that goes meanwhile may never come.
    if (this.wasReady) {
      this.taken();
      return;
    }
    const { generation } = this;
    link
      .version()
      .catch(() => undefined)
      .then(version => {
        if (generation !== this.generation) return;
        this.failure = tooOld(version);
        if (this.failure) {
          this.tell(handlers => handlers.lost());
          return;
        }
        this.taken();
      });
  }

  private taken(): void {
    this.failure = undefined;
    this.ready = this.wasReady = true;
    this.notices$.next({ type: 'available' });
    for (const { channel, handlers } of [...this.lines.values()]) this.join(channel, handlers);
  }

  private join(channel: string, handlers: LineHandlers): void {
    // Without it a process is not woken, and looks when its timer says so.
    this.link?.listen(channel, message => handlers.woken(message)).catch(() => {});
    handlers.ready();
  }

  private lost(error: unknown): void {
    const wasReady = this.ready;
    this.ready = false;
    const known = this.failure;
    const failure = unavailable(error, this.wasReady);
    // That nobody answers is the least that can be said: whatever is known of why stays.
    if (failure && !(known && failure.reason === 'unreachable')) this.failure = failure;
    if (wasReady || this.failure !== known) this.notices$.next({ type: 'unavailable', error: this.failure ?? error });
    this.tell(handlers => handlers.lost());
  }

  private run(key: string, message: string, id: string, open: () => boolean): void {
    const { link, generation } = this;
    const line = this.lines.get(id);
    if (!link) return;
    this.running++;
    const done = (): void => {
      this.running--;
      if (this.lines.size === 0 && this.running === 0 && generation === this.generation) this.end();
    };
    link.run(key, message).then(
      text => {
        this.failure = undefined;
        (line ?? this.lines.get(id))?.handlers.answered(text);
        done();
      },
      error => {
        if (generation !== this.generation) return;
        const failure = unavailable(error, true);
        if (failure && failure.reason !== this.failure?.reason) {
          this.failure = failure;
          this.notices$.next({ type: 'unavailable', error: failure });
          line?.handlers.lost();
        }
        if (open())
          this.timers.add(this.clock.schedule(() => this.ready && open() && this.run(key, message, id, open), again));
        done();
      },
    );
  }

  private tell(what: (handlers: LineHandlers) => void): void {
    for (const { handlers } of [...this.lines.values()]) what(handlers);
  }
}
