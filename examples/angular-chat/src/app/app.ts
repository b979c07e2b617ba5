import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ChatPage } from './chat-page';
import { ConversationList } from './conversation-list';
import { Conversations } from './conversations';
import { GatewayStatus } from './gateway-status';
import { LineView } from './line-view';
import { online$ } from './online';

@Component({
  selector: 'app-root',
  imports: [ChatPage, ConversationList, LineView],
  template: `
    <a class="skip" href="#question">To the question</a>
    <header class="top">
      <h1>One line for all</h1>
      <p class="network" role="status" [class.off]="!online()">{{ network() }}</p>
    </header>
    <nav aria-label="Conversations"><app-conversation-list /></nav>
    <main><app-chat-page [conversation]="conversations.shown()" /></main>
    <aside aria-label="The line">
      <details [open]="wide">
        <summary><h2>The line</h2><span class="figures">{{ brief() }}</span></summary>
        <app-line-view />
      </details>
    </aside>
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class App {
  protected readonly conversations = inject(Conversations);
  protected readonly online = toSignal(online$, { requireSync: true });
  readonly #status = inject(GatewayStatus);
  protected readonly brief = computed(() => {
    const queued = this.#status.limits()?.queued;
    return queued === undefined ? '' : queued === 0 ? 'nobody waits' : `${queued} waiting`;
  });
  /** On a phone the line is folded away. */
  protected readonly wide = matchMedia('(width >= 720px)').matches;
  protected readonly network = computed(() => {
    if (!this.online()) return 'Offline. What you ask is sent when the network is back.';
    return this.#status.reached() ? 'Connected' : 'Looking for the gateway …';
  });
}
