import { DOCUMENT, Injectable, inject } from '@angular/core';

/** Others who ask at the same gateway: our server plays them, to see the line at work. */
@Injectable({ providedIn: 'root' })
export class Crowd {
  readonly #page = inject(DOCUMENT);

  come(): void {
    this.#page.defaultView?.navigator.sendBeacon('/crowd');
  }
}
