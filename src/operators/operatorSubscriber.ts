import { Subscriber } from 'rxjs';

/**
 * A subscriber that stands between a source and `destination` and ends with it, also while the source is still emitting
 * synchronously (`new Observable(d => source.subscribe({ next … }))` would let such a source run on after a `take(3)`).
 * Errors and completion pass unless handled; what a handler throws goes to the destination.
 */
export function operatorSubscriber<T>(
  destination: Subscriber<unknown>,
  next: (value: T) => void,
  complete: () => void = () => destination.complete(),
  error: (error: unknown) => void = error => destination.error(error),
): Subscriber<T> {
  return new OperatorSubscriber(destination, next, complete, error);
}

class OperatorSubscriber<T> extends Subscriber<T> {
  constructor(
    destination: Subscriber<unknown>,
    private readonly onNext: (value: T) => void,
    private readonly onComplete: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    super(destination); // so it is unsubscribed with it
  }

  protected override _next(value: T): void {
    try {
      this.onNext(value);
    } catch (error) {
      this.destination.error(error);
    }
  }

  protected override _error(error: unknown): void {
    try {
      this.onError(error);
    } finally {
      this.unsubscribe();
    }
  }

  protected override _complete(): void {
    try {
      this.onComplete();
    } catch (error) {
      this.destination.error(error);
    } finally {
      this.unsubscribe();
    }
  }
}
