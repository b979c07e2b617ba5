// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of the config file, not of a template

import { type Environment, variable } from './environment.js';
import { mayHoldSecret } from './mask.js';

/** A string with its references replaced, or why it could not be. */
export type Expanded = { readonly value: string } | { readonly problems: readonly string[] };

/** Replaces every `${NAME}` from the environment; `$${` stands for a literal `${`. What is put in is not expanded again. */
export function expand(text: string, env: Environment): Expanded {
  const problems = new Set<string>();
  const value = text.replace(/\$\$\{|\$\{([^}]*)\}/g, (reference, name: string | undefined) => {
    if (name === undefined) return '${';
    const found = /^[A-Za-z_]\w*$/.test(name) ? variable(env, name) : undefined;
    if (found === undefined) problems.add(problem(name));
    return found ?? reference;
  });
  return problems.size === 0 ? { value } : { problems: [...problems] };
}

/** The string that `expand` turns into `value`. */
export function unexpand(value: string): string {
  // A function, since in a replacement text $$ would be one $.
  return value.replaceAll('${', () => '$${');
}

function problem(name: string): string {
  if (mayHoldSecret(name))
    return 'expected the name of an environment variable in ${…}, got what looks like a key itself';
  if (!/^[A-Za-z_]\w*$/.test(name))
    return 'expected the name of an environment variable in ${…}; $${ stands for a literal ${';
  return `environment variable ${name} is not set; set it, or write $\${ for a literal \${`;
}
