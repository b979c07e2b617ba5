/** First in, first out. What was taken goes in one move now and then: to shift each would be quadratic. */
export class Queue<T> {
  private values: T[] = [];
  private head = 0;

  get length(): number {
    return this.values.length - this.head;
  }

  push(value: T): void {
    this.values.push(value);
  }

  /** Of one that is not empty. */
  shift(): T {
    const value = this.values[this.head++] as T;
    if (this.head > this.length) {
      this.values = this.values.slice(this.head);
      this.head = 0;
    }
    return value;
  }
}
