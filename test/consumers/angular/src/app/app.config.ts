import {
  type ApplicationConfig,
  provideBrowserGlobalErrorListeners,
  provideZonelessChangeDetection,
} from '@angular/core';
import { provideChatClient, withClientOptions } from 'rx-groq/angular';

export const appConfig: ApplicationConfig = {
  providers: [
    provideBrowserGlobalErrorListeners(),
    provideZonelessChangeDetection(),
    provideChatClient(
      { '*': { base_url: 'https://chat.example.com/v1', req_per_minute: 2 } },
      withClientOptions({ retry: { maxRetries: 1 } }),
    ),
  ],
};
