import { Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { FlyingPermit, Taker } from '../pacing/index.js';
import { admission, standInLine } from './admission.js';
import { admitted, begin, type Call, end, fail } from './call.js';
import { type Answer, type Asker, converse } from './conversation.js';
import type { Core } from './core.js';

/**
 * The answer to a call: it stands in line (unless it has its permit), is sent when it is admitted, and its books are kept: it ends as
 * completed, failed or cancelled, exactly once.
 */
export function ask(core: Core, call: Call, permit?: FlyingPermit): Observable<Answer> {
  return new Observable(subscriber => askFor(core, call, subscriber, permit));
}

/** The same for a subscriber that is there already. */
export function askFor(core: Core, call: Call, subscriber: Subscriber<Answer>, permit?: FlyingPermit): void {
  new Asking(core, call, subscriber).begin(permit);
}

/** A call on its way to the server. A class for the reason that makes `ChunkReader` one. */
class Asking implements Asker, Taker, Unsubscribable {
  /** Its place in line. */
  private standing: Unsubscribable | undefined = undefined;
  private sent = false;

  constructor(
    private readonly core: Core,
    private readonly call: Call,
    private readonly subscriber: Subscriber<Answer>,
  ) {}

  begin(permit: FlyingPermit | undefined): void {
    const { core, call, subscriber } = this;
    try {
      begin(core, call, this);
      if (!permit && !core.catalogue) {
        this.goesAgain(admission(core, call));
        return;
      }
      subscriber.add(this);
      if (subscriber.closed) return;
      if (permit) this.send(permit);
      else this.stand();
    } catch (error) {
      this.failed(error);
    }
  }

  goesAgain(permit$: Observable<FlyingPermit>): void {
    const { subscriber } = this;
    this.sent = false;
    const taker = operatorSubscriber<FlyingPermit>(
      subscriber,
      permit => this.send(permit),
      () => {},
      error => this.failed(error),
    );
    subscriber.add(this); // after it: the books are closed when the line has been left
    permit$.subscribe(taker);
  }

  admitted(permit: FlyingPermit): void {
    admitted(this.core, this.call);
    this.send(permit);
  }

  failed(error: unknown): void {
    fail(this.core, this.call, error, this.subscriber);
  }

  /** Whoever asked has gone while it was not on its way, or has its error. */
  unsubscribe(): void {
    this.standing?.unsubscribe();
    end(this.core, this.call, 'cancelled');
  }

  private stand(): void {
    const standing = standInLine(this.core, this.call, this);
    if (this.subscriber.closed) standing.unsubscribe();
    else if (!this.sent) this.standing = standing;
  }

  private send(permit: FlyingPermit): void {
    const { core, call, subscriber } = this;
    if (subscriber.closed) {
      permit.release(); // somebody who heard of it has unsubscribed: nothing is sent
      return;
    }
    this.sent = true;
    this.standing = undefined;
    subscriber.remove(this); // from here on the books are the attempt's
    converse(core, call, permit, subscriber, this);
  }
}
