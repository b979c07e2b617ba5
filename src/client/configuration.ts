import { filter, map, type Observable, ReplaySubject, Subscription, take } from 'rxjs';
import {
  type Catalogue,
  type ChatConfig,
  type ConfigSource,
  type OpenConfigOptions,
  openConfig,
} from '../config/index.js';
import type { ConfigError } from '../errors/index.js';

/** The configuration in force, and how it changes. */
export interface Configuration {
  readonly catalogue: Catalogue | undefined;
  /** Emits the catalogue once it is there, or errors with what keeps it away. */
  readonly ready$: Observable<Catalogue>;
  readonly config$: Observable<ChatConfig>;
  reload(source?: ConfigSource): Observable<ChatConfig>;
  close(): void;
}

interface State {
  readonly catalogue: Catalogue | undefined;
  /** Why there is none yet. */
  readonly error: ConfigError | undefined;
}

/**
 * @param changed a new catalogue is in force
 * @param failed a configuration could not be used; the one before stays
 * @throws ConfigError where the first can be read at once and can't be used
 */
export function openConfiguration(
  first: ConfigSource | undefined,
  options: Pick<OpenConfigOptions, 'watch' | 'dangerouslyAllowBrowser'>,
  changed: (catalogue: Catalogue) => void,
  failed: (error: ConfigError) => void,
): Configuration {
  let state: State = { catalogue: undefined, error: undefined };
  // A BehaviorSubject would forget its value on completing; who asks after the client's end is still told.
  const state$ = new ReplaySubject<State>(1);
  let source = first;
  let following = new Subscription();

  const become = (next: State): void => {
    state = next;
    state$.next(next);
  };
  const apply = (catalogue: Catalogue): void => {
    become({ catalogue, error: undefined });
    changed(catalogue);
  };
  const open = (outcome?: ReplaySubject<ChatConfig>): void => {
    const opened = openConfig(source, options);
    following.unsubscribe();
    following = new Subscription();
    if (opened.initial) {
      apply(opened.initial);
      outcome?.next(opened.initial.config);
      outcome?.complete();
    }
    following.add(
      opened.changes$.subscribe(update => {
        if (update.ok) {
          apply(update.catalogue);
          outcome?.next(update.catalogue.config);
          outcome?.complete();
        } else {
          const { catalogue } = state;
          if (!catalogue) become({ catalogue, error: update.error });
          failed(update.error);
          outcome?.error(update.error);
        }
      }),
    );
  };
  open();

  return {
    get catalogue() {
      return state.catalogue;
    },
    ready$: state$.pipe(
      map(({ catalogue, error }) => {
        if (error) throw error;
        return catalogue;
      }),
      filter(catalogue => catalogue !== undefined),
      take(1),
    ),
    config$: state$.pipe(
      map(({ catalogue }) => catalogue?.config),
      filter(config => config !== undefined),
    ),
    reload(next) {
      const before = source;
      if (next !== undefined) source = next;
      const outcome = new ReplaySubject<ChatConfig>(1);
      try {
        open(outcome);
      } catch (error) {
        source = before;
        failed(error as ConfigError);
        outcome.error(error);
      }
      return outcome.asObservable();
    },
    close() {
      following.unsubscribe();
      state$.complete();
    },
  };
}
