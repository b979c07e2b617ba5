import { ConfigError } from '../errors/index.js';
import type { OpenedConfig } from './openConfig.js';

/** There are no files in a browser: without a source the built-in table counts, and a path is a mistake. */
export function openConfigFile(given: string | undefined): OpenedConfig | undefined {
  if (given === undefined) return undefined;
  const message = `${given}: there are no files in a browser. Give the configuration as an object, or as an Observable that fetches it.`;
  throw new ConfigError(message, { issues: [{ path: '', message }] });
}
