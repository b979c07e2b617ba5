import { Injectable, inject, type Signal, signal, type WritableSignal } from '@angular/core';
import type { ChatInterceptor } from 'rx-groq/angular';
import { finalize, tap } from 'rxjs';

/** Where conversations stand in the gateway's line: 1 = next, null = not in line. */
@Injectable({ providedIn: 'root' })
export class Places {
  readonly #places = new Map<string, WritableSignal<number | null>>();

  of(conversation: string): Signal<number | null> {
    return this.#of(conversation);
  }

  set(conversation: string, place: number | null): void {
    this.#of(conversation).set(place);
  }

  #of(conversation: string): WritableSignal<number | null> {
    let place = this.#places.get(conversation);
    if (!place) {
      place = signal<number | null>(null);
      this.#places.set(conversation, place);
    }
    return place;
  }
}

/** The gateway tells who waits his place: in the head, and then in comments between the events, which nobody else reads. */
export const readPlace: ChatInterceptor = next => {
  const places = inject(Places);
  return request => {
    const { user } = JSON.parse(request.body ?? '{}') as { user?: string };
    if (user === undefined) return next(request);
    const decoder = new TextDecoder();
    let waiting = true;
    return next(request).pipe(
      tap(event => {
        if (!waiting) return;
        if (!(event instanceof Uint8Array)) return places.set(user, placeIn(event.headers['x-queue-position']));
        const text = decoder.decode(event);
        waiting = text.startsWith(':');
        places.set(user, waiting ? placeIn(/number (\d+) in line/.exec(text)?.[1]) : null);
      }),
      finalize(() => places.set(user, null)),
    );
  };
};

function placeIn(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
