import { QuotaUnavailableError, type QuotaUnavailableReason } from '../errors/index.js';
import { LinkClosed } from './Link.js';

/** Oldest server whose commands the step knows. */
const oldest = [6, 2];

const mismatch = 'TLS mismatch: one side speaks TLS and the other does not (redis:// without, rediss:// with).';

/** What Redis, Node and the clients say, and what it means; the first that matches. None of these goes away by waiting. */
const signs: readonly (readonly [RegExp, QuotaUnavailableReason, string])[] = [
  [
    /WRONGPASS|NOAUTH|NOPERM|invalid password|AUTH .*called without/i,
    'password',
    'Redis refuses the user or password, or they lack rights: check the password in the URL.',
  ],
  [
    /WRONGTYPE|Invalid.*msgpack|Bad data format/i,
    'key_type',
    "A key of another type, or of another version, stands where the quota's state belongs: choose another prefix.",
  ],
  [/\bMOVED\b/, 'client', "This Redis is a node of a cluster: hand in a cluster's client."],
  [
    /unknown command\W+(eval|hello)/i,
    'version',
    'This Redis lacks a command that is needed (EVALSHA, HELLO): 6.2 or later is needed.',
  ],
  [/READONLY/i, 'read_only', 'This Redis is a read-only replica: give the URL of its primary.'],
  [/self.signed|certificate|altname/i, 'tls', "TLS fails: the server's certificate is not trusted."],
  [/wrong version number|packet length|ERR_SSL|EPROTO|before secure TLS/i, 'tls', mismatch],
];

/** The error of a connection that failed in a way that waiting won't mend; undefined for a passing one. Never shows the URL. */
export function unavailable(error: unknown, wasThere: boolean): QuotaUnavailableError | undefined {
  if (error instanceof QuotaUnavailableError) return error;
  const text = textOf(error);
  const sign = signs.find(([pattern]) => pattern.test(text));
  if (sign) return new QuotaUnavailableError(`${sign[2]} Nothing was sent.`, { reason: sign[1] });
  if (wasThere) return undefined;
  if (error instanceof LinkClosed && error.connected) {
    return new QuotaUnavailableError(
      'The server closed the connection at once: it may expect TLS (rediss://), or be no Redis. Nothing was sent.',
      { reason: 'tls' },
    );
  }
  return /ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ENET|TIMEDOUT|timeout|Socket closed|ENOENT/i.test(text)
    ? new QuotaUnavailableError(
        `Redis can't be reached (${/[A-Z]{4,}(_[A-Z]+)*/.exec(text)?.[0] ?? 'no connection'}): check host and port of the URL, and whether it speaks TLS. Nothing was sent.`,
        { reason: 'unreachable' },
      )
    : undefined;
}

/** It was asked with TLS, and answers without. */
export function speaksPlainly(): QuotaUnavailableError {
  return new QuotaUnavailableError(`${mismatch} Nothing was sent.`, { reason: 'tls' });
}

/** The network gave a connection, and nothing comes of it. */
export function silent(): QuotaUnavailableError {
  return new QuotaUnavailableError(
    'Nothing answers there as Redis does: check host and port of the URL, and whether it speaks TLS. Nothing was sent.',
    { reason: 'unreachable' },
  );
}

export function tooOld(version: string | undefined): QuotaUnavailableError | undefined {
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? oldest;
  if (major > oldest[0]! || (major === oldest[0] && minor >= oldest[1]!)) return undefined;
  return new QuotaUnavailableError(`Redis ${version} is too old: 6.2 or later is needed. Nothing was sent.`, {
    reason: 'version',
  });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errors } = error as { code?: unknown; errors?: unknown[] };
  return [error.message, typeof code === 'string' ? code : '', ...(errors ?? []).map(textOf)].join(' ');
}
