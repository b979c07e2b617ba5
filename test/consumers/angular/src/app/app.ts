import { Component, signal } from '@angular/core';
import { chatResource, injectChat } from 'rx-groq/angular';

const model = 'openai/gpt-oss-20b';

@Component({
  selector: 'app-root',
  template: `
    @for (message of chat.messages(); track $index) {
      <p [class]="message.role">{{ message.content }}</p>
    }
    @if (chat.streaming()) {
      <p class="growing">{{ chat.answer() }}</p>
    }
    @if (chat.queuePosition(); as position) {
      <p class="line">You are number {{ position }} in line.</p>
    }
    @if (chat.error(); as error) {
      <p class="error">{{ error.message }} <button (click)="chat.retry()">Again</button></p>
    }
    <input #box (keyup.enter)="chat.send(box.value)" />
    <button class="stop" [disabled]="!chat.busy()" (click)="chat.stop()">Stop</button>
    <p class="summary">{{ summary.value() }}</p>
  `,
})
export class App {
  readonly chat = injectChat({ model, system: 'Be brief.' });
  readonly town = signal('');
  readonly summary = chatResource(() =>
    this.town() ? { model, messages: [{ role: 'user', content: `Tell of ${this.town()}.` }] } : undefined,
  );
}
