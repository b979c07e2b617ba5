import { computed, inject, linkedSignal, signal } from '@angular/core';
import { injectChat } from 'rx-groq/angular';
import { LEVELS, type Level } from './level';
import { Places } from './places';
import { wordsFor } from './words-for';

let opened = 0;

/** One conversation, its urgency, and how it stands. Made in an injection context of its own, with which it ends. */
export class Conversation {
  /** Sent as `user`, so that the gateway's answers can be told apart. */
  readonly id = `conversation-${++opened}-${Math.random().toString(36).slice(2, 8)}`;
  readonly number = opened;
  readonly level = signal<Level>(LEVELS[1]!);
  /** What has been typed and not yet sent. */
  readonly draft = signal('');
  readonly chat = injectChat({
    model: () => this.level().name,
    system: 'Answer briefly, in Markdown.',
    request: () => ({ user: this.id, priority: this.level().priority, max_completion_tokens: 400 }),
  });
  readonly title = computed(() => {
    const [first] = this.chat.messages();
    return typeof first?.content === 'string' ? first.content : `Conversation ${this.number}`;
  });
  readonly place = inject(Places).of(this.id);
  readonly waiting = computed(() => this.chat.busy() && !this.chat.streaming());
  /** ms of `performance.now()` when the answer that is waited for was asked for; undefined: none is. */
  readonly waitingSince = linkedSignal({
    source: () => this.waiting(),
    computation: waiting => (waiting ? performance.now() : undefined),
  });
  /** For people: 'Number 3 in line', 'Writing …' */
  readonly words = computed(() => wordsFor(this.chat.status(), this.place()));

  send(text: string): void {
    if (text.trim() === '') return;
    this.draft.set('');
    this.chat.send(text.trim());
  }
}
