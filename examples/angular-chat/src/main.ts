import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideChatClient, withClientOptions } from 'rx-groq/angular';
import { App } from './app/app';
import { levelsOf } from './app/level';
import { online$ } from './app/online';

bootstrapApplication(App, {
  providers: [
    provideZonelessChangeDetection(),
    provideChatClient(
      levelsOf,
      withClientOptions({
        gate$: online$, // offline, nothing is sent and nothing is lost
        retry: { maxRetries: 1, maxRefusals: 0 }, // the gateway does the rest
      }),
    ),
  ],
});
