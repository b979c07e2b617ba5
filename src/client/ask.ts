import { Observable, Subscriber } from 'rxjs';
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
  return new Observable(subscriber => {
    const fail = (error: unknown): void => endWith(error, core, call, subscriber);
    const cancel = (): void => end(core, call, 'cancelled');
    const go = (granted: FlyingPermit): void => {
      if (granted !== permit) admitted(core, call);
      if (subscriber.closed) {
        granted.release(); // somebody who heard of it has unsubscribed: nothing is sent
        return;
      }
      // What hears the answer is made only now: it would be most of what a waiting call takes.
      subscriber.remove(cancel);
      const answer = new Delivery(core, call, subscriber);
      subscriber.add(cancel); // last again: the answer's teardown gives back what was not used
      converse(core, call, granted).subscribe(answer);
    };
    try {
      begin(core, call, fail);
      subscriber.add(cancel);
      if (subscriber.closed) return;
      if (permit) go(permit);
      else if (core.catalogue) subscriber.add(standInLine(core, call, go, fail));
      else admission(core, call).subscribe(operatorSubscriber<FlyingPermit>(subscriber, go, () => {}, fail));
      subscriber.remove(cancel);
      subscriber.add(cancel);
    } catch (error) {
      fail(error);
    }
  });
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
