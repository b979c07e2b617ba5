import { type Sdk, type SdkOptions, sdks } from '../fetch/sdks.js';
import { curl, curlIsHere } from './curl.js';

/** All that must work against the gateway with only the address changed. */
export const clients: readonly { readonly name: string; readonly make: (options: SdkOptions) => Sdk }[] = [
  ...sdks,
  ...(curlIsHere() ? [{ name: 'curl', make: curl }] : []),
];
