import { defer, finalize, type SchedulerLike, tap } from 'rxjs';
import { addLine, beginFile } from '#recordingFile';
import { clockOf } from '../pacing/index.js';
import { isHead, ownTransport, type Transport } from '../transport/index.js';
import { hiding, keptHeaders, keptPieces, type RecordedExchange, recordedRequest } from './recording.js';

export interface RecordOptions {
  /** The network behind. @default the client's own, with a connection for each request */
  readonly transport?: Transport;
  /** @default RxJS's clock */
  readonly scheduler?: SchedulerLike;
}

/**
 * Writes down what goes over the network, with its timing: a line of JSON for each exchange, when it ends. Begins the file anew.
 *
 * ```ts
 * const client = createChatClient('config.json', { transport: recordTransport('test/conversation.jsonl') });
 * ```
 * Keys are not kept: no request header is, nor cookies; what the request authenticates itself with, and whatever looks like a key or an
 * organization, is taken out of all texts. Prompts and answers are kept.
 *
 * @see replayTransport
 */
export function recordTransport(file: string, options: RecordOptions = {}): Transport {
  beginFile(file);
  const network = options.transport ?? connectionEach;
  const clock = clockOf(options.scheduler);
  const begunAt = clock.now();
  let sent = 0;
  return wire =>
    defer(() => {
      const number = ++sent;
      const sentAt = clock.now();
      const now = (): number => Math.round(clock.now() - sentAt);
      const hide = hiding(wire);
      const pieces: { at: number; bytes: Uint8Array }[] = [];
      let head: RecordedExchange['head'];
      let end: Omit<RecordedExchange['end'], 'at'> = { how: 'left' };
      const keep = (): void => {
        const kept: RecordedExchange = {
          number,
          sentAt: Math.round(sentAt - begunAt),
          request: recordedRequest(wire, hide),
          ...(head && { head }),
          pieces: keptPieces(pieces, hide),
          end: { at: now(), ...end },
        };
        addLine(file, JSON.stringify(kept));
      };
      return network(wire).pipe(
        tap({
          next(event) {
            if (isHead(event)) head = { at: now(), status: event.status, headers: keptHeaders(event.headers, hide) };
            else pieces.push({ at: now(), bytes: event.slice() });
          },
          complete() {
            end = { how: 'completed' };
          },
          error(error) {
            end = { how: 'failed', message: hide(error instanceof Error ? error.message : String(error)) };
          },
        }),
        finalize(keep),
      );
    });
}

/** Nobody closes a transport that was given to a client, so that each request closes its own. */
const connectionEach: Transport = wire =>
  defer(() => {
    const { send, close } = ownTransport();
    return send(wire).pipe(finalize(close));
  });
