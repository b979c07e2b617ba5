import { catchError, distinctUntilChanged, EMPTY, map, type Observable, of, skip, startWith } from 'rxjs';
import { ConfigError } from '../errors/index.js';
import type { Catalogue } from './Catalogue.js';
import { type Environment, variable } from './environment.js';
import type { OpenConfigOptions, OpenedConfig } from './openConfig.js';
import { parseConfig } from './parseConfig.js';
import { type FileText, fileExists, readFile, resolvePath } from './readFile.js';
import { attempt, type ConfigUpdate, failed } from './update.js';
import { watchFile } from './watchFile.js';

interface ConfigFile {
  /** As it was named, for messages. */
  readonly path: string;
  readonly absolute: string;
  readonly namedBy: 'argument' | 'variable' | 'default';
}

/** Reads the config file, if there is one. @throws ConfigError if it can't be used, or the one that is named can't be read */
export function openConfigFile(
  given: string | undefined,
  { env, cwd, watch }: OpenConfigOptions & { readonly env: Environment },
): OpenedConfig | undefined {
  const file = findConfigFile(given, env, cwd);
  if (!file) return undefined;
  const content = readFile(file.absolute);
  return { initial: parseFile(file, content, env), changes$: watch ? followFile(file, content, env) : EMPTY };
}

/** By its content: one save is several events, and a file that is broken is so once. */
function followFile(file: ConfigFile, known: FileText, env: Environment): Observable<ConfigUpdate> {
  return watchFile(file.absolute).pipe(
    map(() => readFile(file.absolute)),
    startWith(known),
    distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    skip(1),
    map(content => attempt(() => parseFile(file, content, env))),
    catchError(cause => of(failed(`${file.path} can't be followed any more; reloadConfig() still reads it`, cause))),
  );
}

/** The file to read: the one given, else the one in `$GROQ_CONFIG_PATH`, else `./config.json` if there is one. */
function findConfigFile(given: string | undefined, env: Environment, cwd?: string): ConfigFile | undefined {
  if (given !== undefined) return { path: given, absolute: resolvePath(given, cwd), namedBy: 'argument' };
  const named = variable(env, 'GROQ_CONFIG_PATH');
  if (named) return { path: named, absolute: resolvePath(named, cwd), namedBy: 'variable' };
  const absolute = resolvePath('config.json', cwd);
  return fileExists(absolute) ? { path: 'config.json', absolute, namedBy: 'default' } : undefined;
}

/** @throws ConfigError if there was nothing to read, or what there was is wrong */
function parseFile(file: ConfigFile, content: FileText, env: Environment): Catalogue {
  if ('text' in content) return parseConfig(content.text, { path: file.path, env });
  const message = `${file.path}: ${reason(content.code)} (looked for ${file.absolute}); ${remedies[file.namedBy]}`;
  throw new ConfigError(message, { issues: [{ path: '', message }] });
}

const remedies: Readonly<Record<ConfigFile['namedBy'], string>> = {
  argument:
    'create or correct it, name another, or name none to use $GROQ_CONFIG_PATH, ./config.json or the built-in models',
  variable: 'create or correct it, or change or unset the environment variable GROQ_CONFIG_PATH, which names it',
  default: 'correct it, or remove it to use the built-in models',
};

function reason(code: string): string {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EACCES: 'may not be read, permission is missing',
    EPERM: 'may not be read, permission is missing',
    EISDIR: 'is a folder, not a file',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
  };
  return reasons[code] ?? `can not be read, ${code}`;
}
