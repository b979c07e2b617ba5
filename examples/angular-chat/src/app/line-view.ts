import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Clock, duration } from './clock';
import { Conversations } from './conversations';
import { Crowd } from './crowd';
import { GatewayStatus } from './gateway-status';
import { LEVELS } from './level';
import { QuotaBar } from './quota-bar';

/** The gateway's line as it is now: who waits, for how long, and what is left of the quota. */
@Component({
  selector: 'app-line-view',
  imports: [QuotaBar],
  template: `
    @if (limits(); as limits) {
      <p class="next">
        @if (limits.queued === 0) {
          <strong>Nobody waits.</strong> What you ask goes at once.
        } @else {
          <strong>{{ limits.queued }} in line.</strong> The next goes {{ next() }}.
        }
      </p>
      <table>
        <caption class="hidden">Requests by priority, of everybody</caption>
        <thead>
          <tr><th scope="col">Priority</th><th scope="col">Waiting</th><th scope="col">Under way</th></tr>
        </thead>
        <tbody>
          @for (row of rows(); track row.label) {
            <tr><th scope="row">{{ row.label }}</th><td>{{ row.queued }}</td><td>{{ row.inFlight }}</td></tr>
          }
        </tbody>
      </table>

      <h3>Yours</h3>
      <ul class="mine">
        @for (mine of waiting(); track mine.id) {
          <li><span>{{ mine.title }}</span><span class="figures">{{ mine.words }} · waited {{ mine.waited }}</span></li>
        } @empty {
          <li class="none">None of your conversations waits.</li>
        }
      </ul>

      <h3>Quota</h3>
      @for (window of limits.windows; track window.unit + window.per) {
        <app-quota-bar [window]="window" />
      }
    } @else {
      <p class="next">The gateway can’t be reached just now.</p>
    }
    <div class="crowd">
      <button type="button" class="quiet" (click)="crowd.come()">Let 12 patient questions come</button>
    </div>
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class LineView {
  readonly #status = inject(GatewayStatus);
  readonly #clock = inject(Clock);
  readonly #conversations = inject(Conversations);
  protected readonly crowd = inject(Crowd);
  protected readonly limits = this.#status.limits;

  protected readonly rows = computed(() => {
    const priorities = this.#status.counts()?.priorities;
    return LEVELS.map(({ label, priority }) => {
      const { queued = 0, inFlight = 0 } = priorities?.[priority] ?? {};
      return { label, queued, inFlight };
    });
  });
  protected readonly next = computed(() => {
    const at = this.#status.nextAt();
    if (at === undefined) return 'when there is room';
    const wait = duration(at - this.#clock.now());
    return wait === 'now' ? 'now' : `in ${wait}`;
  });
  protected readonly waiting = computed(() =>
    this.#conversations
      .all()
      .filter(({ waiting }) => waiting())
      .map(({ id, title, words, waitingSince }) => ({
        id,
        title: title(),
        words: words(),
        waited: duration(Math.max(1, this.#clock.now() - (waitingSince() ?? this.#clock.now()))),
      })),
  );
}
