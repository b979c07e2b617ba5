import { computed, linkedSignal, signal } from '@angular/core';
import { injectChat } from 'rx-groq/angular';
import { LEVELS, type Level } from './level';
import { wordsFor } from './words-for';

let opened = 0;

/** One conversation, its urgency, and how it stands. Made in an injection context of its own, with which it ends. */
export class Conversation {
  readonly number = ++opened;
  readonly id = `conversation-${this.number}`;
  readonly level = signal<Level>(LEVELS[1]!);
  /** What has been typed and not yet sent. */
  readonly draft = signal('');
  readonly chat = injectChat({
    model: () => this.level().name,
    system: 'Answer briefly, in Markdown.',
    request: () => ({ priority: this.level().priority, max_completion_tokens: 400 }),
  });
  readonly title = computed(() => {
    const [first] = this.chat.messages();
    return typeof first?.content === 'string' ? first.content : `Conversation ${this.number}`;
  });
  readonly waiting = computed(() => this.chat.busy() && !this.chat.streaming());
  /** ms of `performance.now()` when the answer that is waited for was asked for; undefined: none is. */
  readonly waitingSince = linkedSignal({
    source: () => this.waiting(),
    computation: waiting => (waiting ? performance.now() : undefined),
  });
  /** For people: 'Number 3 in line', 'Writing …' */
  readonly words = computed(() => wordsFor(this.chat.status()));

  send(text: string): void {
    if (text.trim() === '') return;
    this.draft.set('');
    this.chat.send(text.trim());
  }
}
