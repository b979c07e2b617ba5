import type { ChatFailure } from 'rx-groq';
import type { ChatStatus } from 'rx-groq/angular';
import { duration } from './clock';

/** How an answer stands, for people. */
export function wordsFor(status: ChatStatus): string {
  switch (status.state) {
    case 'idle':
      return '';
    case 'queued':
      if (status.waitingFor === 'the gate') return 'Offline: it will be sent when the network is back';
      if (status.position === null) return 'Waiting to be sent';
      return `${status.position === 1 ? 'Next' : `Number ${status.position}`} in line${soon(status.etaMs)}`;
    case 'sent':
      return 'Sent, waiting for the first word';
    case 'streaming':
      return 'Writing …';
    case 'done':
      return status.completion.choices[0]?.finish_reason === 'length' ? 'Answer cut at its length' : 'Answered';
    case 'stopped':
      return 'Stopped';
    case 'error':
      return 'No answer';
  }
}

function soon(etaMs: number | null): string {
  return etaMs === null ? '' : `, ${duration(Math.max(1, etaMs))}`;
}

/** What went wrong and what to do, without alarm. */
export function comfortFor(error: ChatFailure): string {
  // The gateway's own words, where its head had gone out before: the kind is then in the code.
  const code = error.kind === 'api' ? error.code : undefined;
  switch (code ?? error.kind) {
    case 'rate_limit':
    case 'rate_limit_exceeded':
    case 'queue_full':
    case 'queue_timeout':
      return 'A lot is being asked just now. Your question is safe; try again in a moment.';
    case 'connection':
    case 'closed':
    case 'upstream_unreachable':
    case 'upstream_timeout':
      return 'The gateway can’t be reached. Your question is safe; try again when it is back.';
    case 'upstream_broken':
    case 'stream_broken':
    case 'stream_timeout':
      return 'The answer broke off. What came of it is above; you can ask again.';
    case 'request_too_large':
      return 'This conversation has become too long for the model. Begin a new one.';
    default:
      return `That did not work: ${error.message}`;
  }
}
