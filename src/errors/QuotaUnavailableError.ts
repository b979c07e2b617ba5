import { ChatError, type ChatErrorDetails } from './ChatError.js';

/**
 * What keeps a shared quota from counting.
 *
 * - `unreachable`: nobody answers at that address · `password`: it wants another one, or more rights
 * - `tls`: one side speaks TLS and the other does not · `version`: a server older than is needed
 * - `key_type`: something else stands under our prefix · `read_only`: a replica that takes no writes
 * - `client`: neither ioredis nor redis is installed, or it is one for a single server and this is a cluster
 */
export type QuotaUnavailableReason =
  | 'unreachable'
  | 'password'
  | 'tls'
  | 'version'
  | 'key_type'
  | 'read_only'
  | 'client';

/** The shared quota can't be counted, and waiting will not mend it. Nothing was sent. */
export class QuotaUnavailableError extends ChatError {
  override readonly kind = 'quota_unavailable' as const;
  override readonly name = 'QuotaUnavailableError';
  readonly reason: QuotaUnavailableReason | undefined;

  constructor(message: string, details: ChatErrorDetails & { reason?: QuotaUnavailableReason } = {}) {
    super(message, details);
    this.reason = details.reason;
  }
}
