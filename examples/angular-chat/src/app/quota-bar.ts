import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { WindowUse } from 'rx-groq';

/** How much of one window is used. */
@Component({
  selector: 'app-quota-bar',
  template: `
    <div class="row">
      <span>{{ name() }}</span>
      <span class="figures">{{ used().toLocaleString('en') }} of {{ window().limit.toLocaleString('en') }}</span>
    </div>
    <div
      class="bar"
      role="meter"
      aria-valuemin="0"
      [attr.aria-label]="name()"
      [attr.aria-valuemax]="window().limit"
      [attr.aria-valuenow]="used()"
      [class.full]="part() > 0.9"
    >
      <div [style.transform]="'scaleX(' + part() + ')'"></div>
    </div>
  `,
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class QuotaBar {
  readonly window = input.required<WindowUse>();
  protected readonly used = computed(() => Math.min(this.window().limit, Math.round(this.window().used)));
  protected readonly part = computed(() => (this.window().limit === 0 ? 1 : this.used() / this.window().limit));
  protected readonly name = computed(() => {
    const { unit, per } = this.window();
    const span = per === 86_400_000 ? 'a day' : per === 60_000 ? 'a minute' : `per ${per / 1000} s`;
    const word = unit.replaceAll('_', ' ');
    return `${word[0]!.toUpperCase()}${word.slice(1)} ${span}`;
  });
}
