import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Conversations } from './conversations';

/** All conversations, each with how it stands. */
@Component({
  selector: 'app-conversation-list',
  template: `
    <ul>
      @for (conversation of conversations.all(); track conversation.id) {
        <li [class.shown]="conversation === conversations.shown()">
          <button
            type="button"
            class="choose"
            [attr.aria-current]="conversation === conversations.shown() ? 'page' : null"
            (click)="conversations.shown.set(conversation)"
          >
            <span class="title">{{ conversation.title() }}</span>
            <span class="sub"
              ><span class="level" [class]="conversation.level().name">{{ conversation.level().label }}</span
              ><span class="words">{{ conversation.words() }}</span></span
            >
          </button>
          <button
            type="button"
            class="close"
            [attr.aria-label]="'Close ' + conversation.title()"
            (click)="conversations.close(conversation)"
          >
            ×
          </button>
        </li>
      }
    </ul>
    <button type="button" class="new" aria-label="New conversation" (click)="conversations.open()">+ New</button>
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class ConversationList {
  protected readonly conversations = inject(Conversations);
}
