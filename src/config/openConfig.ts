import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  from,
  isObservable,
  map,
  type Observable,
  of,
  skip,
  startWith,
  throwIfEmpty,
} from 'rxjs';
import { ConfigError } from '../errors/index.js';
import { type Catalogue, catalogueOf } from './Catalogue.js';
import type { ChatConfig } from './ChatConfig.js';
import { type ConfigFile, findConfigFile, parseFile } from './configFile.js';
import { type Environment, environment } from './environment.js';
import { builtInConfig } from './models.js';
import { type FileText, readFile } from './readFile.js';
import { watchFile } from './watchFile.js';

/**
 * The path of a config file, a configuration, or an Observable of configurations. Left out: `$GROQ_CONFIG_PATH`, then
 * `./config.json`, then the built-in model table with the key in `$GROQ_API_KEY`.
 */
export type ConfigSource = string | ChatConfig | Observable<ChatConfig>;

export interface OpenConfigOptions {
  /** @default the process's own environment */
  readonly env?: Environment | undefined;
  /** The folder that relative paths start from. @default the process's own */
  readonly cwd?: string | undefined;
  /** Follow the file. @default false */
  readonly watch?: boolean | undefined;
}

/** A new configuration, or why there is none; then the one before stays in force. */
export type ConfigUpdate =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly error: ConfigError };

export interface OpenedConfig {
  /** What the source holds now; undefined for an Observable, whose first configuration comes through `changes$` like the rest. */
  readonly initial: Catalogue | undefined;
  /**
   * What comes after `initial`, were it between opening and subscribing. Cold; never errors; completes at once where nothing is
   * followed, and when an Observable source ends. Unsubscribing frees what it holds.
   */
  readonly changes$: Observable<ConfigUpdate>;
}

/**
 * Reads a source of configuration, a file synchronously. To reload, open it again.
 * @throws ConfigError if a file or a configuration can't be used; an Observable's mistakes come through `changes$`
 */
export function openConfig(source?: ConfigSource, options: OpenConfigOptions = {}): OpenedConfig {
  const { env = environment(), cwd, watch = false } = options;
  if (isObservable(source)) return { initial: undefined, changes$: followObservable(source, env) };
  if (typeof source === 'object') return { initial: catalogueOf(source, { env }), changes$: EMPTY };

  const file = findConfigFile(source, env, cwd);
  if (!file) return { initial: catalogueOf(builtInConfig(env), { env }), changes$: EMPTY };
  const content = readFile(file.absolute);
  return { initial: parseFile(file, content, env), changes$: watch ? followFile(file, content, env) : EMPTY };
}

function followObservable(source: Observable<ChatConfig>, env: Environment): Observable<ConfigUpdate> {
  return from(source).pipe(
    throwIfEmpty(() => {
      const message = 'the Observable that gives the configuration has ended without one';
      return new ConfigError(message, { issues: [{ path: '', message }] });
    }),
    map(config => attempt(() => catalogueOf(config, { env }))),
    catchError(cause =>
      of(failed('the Observable that gives the configuration failed; what it gave before stays in force', cause)),
    ),
  );
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

function attempt(make: () => Catalogue): ConfigUpdate {
  try {
    return { ok: true, catalogue: make() };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, error };
    return failed('the configuration can not be read', error);
  }
}

/** The cause is kept but not quoted: who knows what another program's error quotes. */
function failed(message: string, cause: unknown): ConfigUpdate {
  const error =
    cause instanceof ConfigError ? cause : new ConfigError(message, { cause, issues: [{ path: '', message }] });
  return { ok: false, error };
}
