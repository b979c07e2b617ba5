import { catchError, EMPTY, from, isObservable, map, type Observable, of, throwIfEmpty } from 'rxjs';
import { openConfigFile } from '#configFile';
import { refuseExposedKeys } from '#exposedKeys';
import { ConfigError } from '../errors/index.js';
import { type Catalogue, catalogueOf } from './Catalogue.js';
import type { ChatConfig } from './ChatConfig.js';
import { type Environment, environment } from './environment.js';
import { builtInConfig } from './models.js';
import { attempt, type ConfigUpdate, failed } from './update.js';

export type { ConfigUpdate } from './update.js';

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
  /** Whether a browser may hold keys. @default false */
  readonly dangerouslyAllowBrowser?: boolean | undefined;
}

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
  const { env = environment(), cwd, watch = false, dangerouslyAllowBrowser = false } = options;
  const catalogue = (config: ChatConfig): Catalogue =>
    refuseExposedKeys(catalogueOf(config, { env }), dangerouslyAllowBrowser);
  if (isObservable(source)) return { initial: undefined, changes$: followObservable(source, catalogue) };
  if (typeof source === 'object') return { initial: catalogue(source), changes$: EMPTY };
  return openConfigFile(source, { env, cwd, watch }) ?? { initial: catalogue(builtInConfig(env)), changes$: EMPTY };
}

function followObservable(
  source: Observable<ChatConfig>,
  catalogue: (config: ChatConfig) => Catalogue,
): Observable<ConfigUpdate> {
  return from(source).pipe(
    throwIfEmpty(() => {
      const message = 'the Observable that gives the configuration has ended without one';
      return new ConfigError(message, { issues: [{ path: '', message }] });
    }),
    map(config => attempt(() => catalogue(config))),
    catchError(cause =>
      of(failed('the Observable that gives the configuration failed; what it gave before stays in force', cause)),
    ),
  );
}
