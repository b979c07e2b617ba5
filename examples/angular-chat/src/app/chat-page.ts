import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  input,
  linkedSignal,
  viewChild,
} from '@angular/core';
import type { ChatMessage } from 'rx-groq';
import { Composer } from './composer';
import type { Conversation } from './conversation';
import { LEVELS, type Level } from './level';
import { Markdown } from './markdown';
import { comfortFor } from './words-for';

/** A conversation: what was said, the answer as it grows, and where one types. */
@Component({
  selector: 'app-chat-page',
  imports: [Composer, Markdown],
  template: `
    <header>
      <h2>{{ conversation().title() }}</h2>
      <label>
        Priority
        <select [value]="conversation().level().name" (change)="choose($event)">
          @for (level of levels; track level.name) {
            <option [value]="level.name" [selected]="level === conversation().level()">{{ level.label }}</option>
          }
        </select>
      </label>
    </header>

    <div #log class="log" role="log" aria-label="Conversation" tabindex="0" [attr.aria-busy]="chat().busy()" (scroll)="follow()">
      @for (message of chat().messages(); track $index) {
        <article [class]="message.role">
          <h3 class="hidden">{{ message.role === 'user' ? 'You' : 'Answer' }}</h3>
          @if (message.role === 'user') {
            <p>{{ message.content }}</p>
          } @else {
            <app-markdown [text]="textOf(message)" />
          }
        </article>
      } @empty {
        <div class="empty">
          <p>Ask away. All conversations, in all tabs, stand in one line for one quota; the most urgent go first.</p>
          @for (idea of ideas; track idea) {
            <button type="button" class="idea" (click)="conversation().send(idea)">{{ idea }}</button>
          }
        </div>
      }
      @if (growing()) {
        <article class="assistant growing">
          <h3 class="hidden">Answer</h3>
          <app-markdown [text]="chat().answer()" />
        </article>
      }
      @if (chat().error(); as error) {
        <div class="trouble" role="alert">
          <p>{{ comfort() }}</p>
          <button type="button" (click)="chat().retry()">Try again</button>
        </div>
      }
    </div>

    <p class="state" role="status">
      @if (chat().busy()) {
        <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      }
      {{ conversation().words() }}
      @if (again()) {
        <button type="button" class="quiet" (click)="chat().retry()">Ask again</button>
      }
    </p>
    <app-composer [conversation]="conversation()" />
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class ChatPage {
  readonly conversation = input.required<Conversation>();
  protected readonly chat = computed(() => this.conversation().chat);
  protected readonly levels = LEVELS;
  protected readonly ideas = [
    'Explain a token bucket in three sentences',
    'Compare sliding windows and buckets in a table',
    'Write a haiku about waiting',
  ];
  /** The answer is not among the messages yet: it comes, or broke off. */
  protected readonly growing = computed(() => {
    const { state } = this.chat().status();
    return (state === 'streaming' || state === 'error') && this.chat().answer() !== '';
  });
  protected readonly again = computed(() => ['done', 'stopped'].includes(this.chat().status().state));
  protected readonly comfort = computed(() => {
    const error = this.chat().error();
    return error && comfortFor(error);
  });

  private readonly log = viewChild.required<ElementRef<HTMLElement>>('log');
  /** False once somebody has scrolled up to read. */
  readonly #following = linkedSignal({ source: this.conversation, computation: () => true });

  constructor() {
    afterRenderEffect(() => {
      this.chat().answer();
      this.chat().messages();
      this.chat().error();
      const log = this.log().nativeElement;
      if (this.#following()) log.scrollTop = log.scrollHeight;
    });
  }

  protected follow(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.log().nativeElement;
    this.#following.set(scrollHeight - scrollTop - clientHeight < 40);
  }

  protected choose(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.conversation().level.set(LEVELS.find(({ name }) => name === value) as Level);
  }

  protected textOf({ content }: ChatMessage): string {
    return typeof content === 'string' ? content : '';
  }
}
