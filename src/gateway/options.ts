import type { ChatClient } from '../client/index.js';
import type { ConfigSource } from '../config/index.js';

export interface GatewayOptions {
  /** Of the client that the gateway makes for itself. @default as `createChatClient` */
  readonly config?: ConfigSource;
  /** A client of yours in its place; the gateway does not close it. */
  readonly client?: ChatClient;
  /** The path of a keys file, or what is in one: name → `sha256:` and the key's SHA-256 in hex. @default any key, on loopback only */
  readonly keys?: string | Readonly<Record<string, string>>;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** Origins whose pages may ask; `*` = all. @default none */
  readonly cors?: readonly string[];
  /** Bytes of a request's body. @default 10 MiB */
  readonly maxBody?: number;
  /** Sockets at once; more get a 503 and are closed. @default 2000 */
  readonly maxConnections?: number;
  /** ms for a request's head to arrive. @default 10000 */
  readonly headTimeout?: number;
  /** ms for a whole request to arrive. @default 30000 */
  readonly requestTimeout?: number;
  /** Bytes that may wait for a slow reader, and ms for the last of them; then its socket is cut. @default 1 MiB, 30000 */
  readonly maxUnread?: number;
  readonly unreadTimeout?: number;
  /** ms within which a streamed request that is admitted, or fails, gets its true status. @default 5000 */
  readonly statusWithin?: number;
  /** ms between two comments to who waits longer. @default 10000 */
  readonly commentEvery?: number;
}

/** What can't be left out has its default. */
export type Settings = Required<Omit<GatewayOptions, Given>> & Pick<GatewayOptions, Given>;
type Given = 'config' | 'client' | 'keys';

/** @throws TypeError naming the option that is out of its range */
export function settingsOf(options: GatewayOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...defaults, ...given };
  const must = (right: boolean, name: keyof Settings, what: string): void => {
    if (!right) throw new TypeError(`gateway: ${name} must be ${what}, got ${String(settings[name])}`);
  };
  must(Number.isInteger(settings.port) && settings.port >= 0 && settings.port < 65_536, 'port', '0 to 65535');
  for (const name of numbers) must(settings[name] > 0, name, 'a number above 0');
  must(
    Array.isArray(settings.cors) && settings.cors.every(isOrigin),
    'cors',
    'a list of origins (https://example.org)',
  );
  if (settings.keys === undefined && !isLoopback(settings.host)) {
    throw new TypeError(
      `gateway: without keys it serves on loopback only, not on ${settings.host}. Give it a keys file.`,
    );
  }
  return settings;
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

const defaults = {
  port: 0,
  host: '127.0.0.1',
  cors: [],
  maxBody: 10 * 1024 * 1024,
  maxConnections: 2000,
  headTimeout: 10_000,
  requestTimeout: 30_000,
  maxUnread: 1024 * 1024,
  unreadTimeout: 30_000,
  statusWithin: 5000,
  commentEvery: 10_000,
} as const satisfies Settings;

const numbers = [
  ...(['maxBody', 'maxConnections', 'headTimeout', 'requestTimeout'] as const),
  ...(['maxUnread', 'unreadTimeout', 'statusWithin', 'commentEvery'] as const),
];
