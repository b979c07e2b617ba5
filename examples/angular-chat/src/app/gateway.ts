import { DOCUMENT, InjectionToken, inject } from '@angular/core';

/** Where the gateway is: `http://host:port`. */
export const GATEWAY = new InjectionToken<string>('address of the gateway', {
  providedIn: 'root',
  factory: () => inject(DOCUMENT).querySelector<HTMLMetaElement>('meta[name=gateway]')?.content ?? '',
});

export const MODEL = 'openai/gpt-oss-20b';
