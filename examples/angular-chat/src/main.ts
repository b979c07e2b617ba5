import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideChatClient, withClientOptions, withInterceptors } from 'rx-groq/angular';
import { App } from './app/app';
import { levelsOf } from './app/level';
import { online$ } from './app/online';
import { readPlace } from './app/places';

bootstrapApplication(App, {
  providers: [
    provideZonelessChangeDetection(),
    provideChatClient(
      levelsOf,
      withInterceptors([readPlace]),
      withClientOptions({
        gate$: online$, // offline, nothing is sent and nothing is lost
        retry: { maxRetries: 1, maxRefusals: 0 }, // the gateway does the rest
        timeouts: { head: Number.POSITIVE_INFINITY, idle: 600_000 }, // a line may be long
      }),
    ),
  ],
});
