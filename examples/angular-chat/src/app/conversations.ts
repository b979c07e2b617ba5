import {
  createEnvironmentInjector,
  EnvironmentInjector,
  Injectable,
  inject,
  linkedSignal,
  signal,
} from '@angular/core';
import { Conversation } from './conversation';

/** All that are open, and which is shown. */
@Injectable({ providedIn: 'root' })
export class Conversations {
  readonly #parent = inject(EnvironmentInjector);
  readonly #ends = new Map<Conversation, () => void>();
  readonly #all = signal<readonly Conversation[]>([]);
  readonly all = this.#all.asReadonly();
  /** The last that was shown, or the newest if that has been closed. */
  readonly shown = linkedSignal<readonly Conversation[], Conversation>({
    source: this.#all,
    computation: (all, before) => (before && all.includes(before.value) ? before.value : all.at(-1)!),
  });

  constructor() {
    this.open();
  }

  open(): Conversation {
    const injector = createEnvironmentInjector([], this.#parent);
    const conversation = injector.runInContext(() => new Conversation());
    this.#ends.set(conversation, () => injector.destroy());
    this.#all.update(all => [...all, conversation]);
    this.shown.set(conversation);
    return conversation;
  }

  /** Cancels what it has asked. One is always open. */
  close(conversation: Conversation): void {
    if (this.#all().length === 1) this.open();
    this.#all.update(all => all.filter(other => other !== conversation));
    this.#ends.get(conversation)?.();
    this.#ends.delete(conversation);
  }
}
