import type { Catalogue } from './Catalogue.js';
import type { ModelConfig } from './ChatConfig.js';
import { isSecretHeader } from './mask.js';
import { toConfigError } from './mistakes.js';

const text =
  'a key in a page can be read by everybody who opens it. Let the page ask a server of yours that adds the key (rx-groq/gateway is one); or, if its ' +
  'users may have the key, give the option dangerouslyAllowBrowser: true';

/** @throws ConfigError for a configuration with keys, unless they are allowed */
export function refuseExposedKeys(catalogue: Catalogue, allowed: boolean): Catalogue {
  if (allowed) return catalogue;
  const mistakes = Object.entries(catalogue.config).flatMap(([model, entry]) =>
    secretsIn(entry).map(path => ({ path: [model, ...path], text })),
  );
  if (mistakes.length > 0) throw toConfigError(mistakes);
  return catalogue;
}

function secretsIn({ api_key, headers = {} }: ModelConfig): readonly (readonly string[])[] {
  const names = Object.keys(headers).filter(isSecretHeader);
  return [...(api_key ? [['api_key']] : []), ...names.map(name => ['headers', name])];
}
