import { Observable, Subscriber, type Unsubscribable } from 'rxjs';
import { operatorSubscriber } from '../operators/operatorSubscriber.js';
import type { FlyingPermit } from '../pacing/index.js';
import { admission, standInLine } from './admission.js';
import { admitted, begin, type Call, end, failureOfCall } from './call.js';
import { type Answer, converse } from './conversation.js';
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
class Asking implements Unsubscribable {
  constructor(
    private readonly core: Core,
    private readonly call: Call,
    private readonly subscriber: Subscriber<Answer>,
  ) {}

  begin(permit: FlyingPermit | undefined): void {
    const { core, call, subscriber } = this;
    try {
      begin(core, call, this);
      subscriber.add(this);
      if (subscriber.closed) return;
      if (permit) this.send(permit);
      else if (core.catalogue) subscriber.add(standInLine(core, call, this));
      else
        admission(core, call).subscribe(
          operatorSubscriber<FlyingPermit>(
            subscriber,
            granted => this.send(granted),
            () => {},
            error => this.failed(error),
          ),
        );
      this.beLast();
    } catch (error) {
      this.failed(error);
    }
  }

  admitted(permit: FlyingPermit): void {
    admitted(this.core, this.call);
    this.send(permit);
  }

  failed(error: unknown): void {
    endWith(error, this.core, this.call, this.subscriber);
  }

  /** Whoever asked has gone, or has its answer. */
  unsubscribe(): void {
    end(this.core, this.call, 'cancelled');
  }

  private send(permit: FlyingPermit): void {
    const { core, call, subscriber } = this;
    if (subscriber.closed) {
      permit.release(); // somebody who heard of it has unsubscribed: nothing is sent
      return;
    }
    // What hears the answer is made only now: it would be most of what a waiting call takes.
    const answer = new Delivery(core, call, subscriber);
    this.beLast();
    converse(core, call, permit, answer);
  }

  /** The books are closed after the answer's own teardown, which gives back what was not used. */
  private beLast(): void {
    this.subscriber.remove(this);
    this.subscriber.add(this);
  }
}

/** Hands the answer on, and notes how it ended. A class for the reason that makes `ChunkReader` one. */
class Delivery extends Subscriber<Answer> {
  constructor(
    private readonly core: Core,
    private readonly call: Call,
    private readonly subscriber: Subscriber<Answer>,
  ) {
    super(subscriber);
  }

  protected override _complete(): void {
    end(this.core, this.call, 'completed');
    this.subscriber.complete();
  }

  protected override _error(error: unknown): void {
    endWith(error, this.core, this.call, this.subscriber);
  }
}

function endWith(error: unknown, core: Core, call: Call, subscriber: Subscriber<Answer>): void {
  const failure = failureOfCall(call, error);
  end(core, call, failure);
  subscriber.error(failure);
}
