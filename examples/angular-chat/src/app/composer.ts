import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  input,
  viewChild,
} from '@angular/core';
import type { Conversation } from './conversation';

/** Where one types. Enter sends, Shift+Enter begins a new line, Escape stops the answer. */
@Component({
  selector: 'app-composer',
  template: `
    <form (submit)="send($event)">
      <label class="hidden" for="question">Your question</label>
      <textarea
        #box
        id="question"
        rows="1"
        placeholder="Ask something"
        aria-describedby="keys"
        [value]="conversation().draft()"
        (input)="conversation().draft.set(box.value)"
        (keydown.enter)="sendByKey($event)"
        (keydown.escape)="conversation().chat.stop()"
      ></textarea>
      @if (conversation().chat.busy()) {
        <button type="button" class="stop" (click)="stop()">Stop</button>
      } @else {
        <button type="submit" [disabled]="empty()">Send</button>
      }
    </form>
    <p id="keys" class="keys">Enter sends, Shift+Enter begins a new line, Escape stops.</p>
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class Composer {
  readonly conversation = input.required<Conversation>();
  protected readonly empty = computed(() => this.conversation().draft().trim() === '');
  private readonly box = viewChild.required<ElementRef<HTMLTextAreaElement>>('box');

  constructor() {
    // Whoever opens or chooses a conversation wants to type.
    afterRenderEffect(() => {
      this.conversation();
      this.box().nativeElement.focus({ preventScroll: true });
    });
  }

  protected send(event: Event): void {
    event.preventDefault();
    this.conversation().send(this.conversation().draft());
    this.box().nativeElement.focus();
  }

  protected sendByKey(event: Event): void {
    const { shiftKey, isComposing } = event as KeyboardEvent;
    if (!shiftKey && !isComposing) this.send(event);
  }

  protected stop(): void {
    this.conversation().chat.stop();
    this.box().nativeElement.focus();
  }
}
