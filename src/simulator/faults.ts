import type { ChatBody } from './chatBody.js';

/** Where in the answer a fault comes: after so many data frames, the first with the role included. */
interface After {
  /** @default 3; an answer with fewer frames fails before its last */
  readonly after?: number;
}

/**
 * One thing that goes wrong.
 *
 * | kind | what the client sees |
 * | --- | --- |
 * | `status` | this status, with Groq's text for it unless `body` is given; not counted |
 * | `slow-head` | the head comes `ms` later; all else is right |
 * | `reset-before-head` | counted, then the connection is reset |
 * | `html` | 200 and a page of HTML |
 * | `empty` | 200 and an empty body |
 * | `reset-mid-stream` | the connection is reset after some frames |
 * | `stall` | nothing more after some frames, the connection stays open |
 * | `garbage` | a data frame that is not JSON among the others; without streaming, a body that is not JSON |
 * | `stream-error` | `event: error` with an error in it, and the end; without streaming, a 500 |
 * | `cut` | a clean end after some frames, without finish_reason and without `[DONE]` |
 * | `no-done` | all but `data: [DONE]` |
 */
export type FaultKind = Fault['kind'];

export type Fault = FaultFilter &
  (
    | {
        readonly kind: 'status';
        readonly status: number;
        /** Text as it is, anything else as JSON. */
        readonly body?: unknown;
        readonly headers?: Readonly<Record<string, string>>;
        /** For 429: what its text and its `retry-after` say. @default 1000 */
        readonly retryAfterMs?: number;
      }
    | { readonly kind: 'slow-head'; readonly ms: number }
    | { readonly kind: 'reset-before-head' | 'html' | 'empty' | 'no-done' }
    | ({ readonly kind: 'reset-mid-stream' | 'stall' | 'garbage' | 'stream-error' | 'cut' } & After)
  );

/** Which requests it befalls. */
export interface FaultFilter {
  readonly model?: string;
  readonly match?: (body: ChatBody) => boolean;
  /** How many requests. @default 1 */
  readonly times?: number;
}

/** The request header that asks for a fault by hand: a kind, and a number where it takes one. */
export const FAULT_HEADER = 'x-simulator-fault';

const WITH_NUMBER: Readonly<Record<string, (value: number) => Fault>> = {
  status: status => ({ kind: 'status', status }),
  'slow-head': ms => ({ kind: 'slow-head', ms }),
};
const WITH_AFTER = ['reset-mid-stream', 'stall', 'garbage', 'stream-error', 'cut'] as const;
const BARE = ['reset-before-head', 'html', 'empty', 'no-done'] as const;
export const FAULT_KINDS: readonly FaultKind[] = ['status', 'slow-head', ...WITH_AFTER, ...BARE];

/** `status=503`, `slow-head=500`, `stall`, `stall=10`, `html` … → the fault; undefined: not understood. */
export function parseFault(text: string): Fault | undefined {
  const [kind = '', number] = text.trim().split('=');
  const value = number === undefined ? undefined : Number(number);
  if (value !== undefined && !(Number.isInteger(value) && value >= 0)) return undefined;
  if (value !== undefined) {
    const after = WITH_AFTER.find(known => known === kind);
    return after === undefined ? WITH_NUMBER[kind]?.(value) : { kind: after, after: value };
  }
  const bare = [...WITH_AFTER, ...BARE].find(known => known === kind);
  return bare === undefined ? undefined : { kind: bare };
}

export interface FaultQueue {
  add(faults: Fault | readonly Fault[]): void;
  /** The first waiting fault that is meant for this request; it is used up. */
  take(body: ChatBody): Fault | undefined;
  /** The request was refused and never came to its fault: the next one gets it. */
  giveBack(fault: Fault): void;
}

export function createFaultQueue(): FaultQueue {
  const waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add(faults) {
      for (const fault of Array.isArray(faults) ? (faults as readonly Fault[]) : [faults as Fault]) {
        if (!FAULT_KINDS.includes(fault.kind)) {
          throw new TypeError(`unknown fault "${fault.kind}": expected one of ${FAULT_KINDS.join(', ')}`);
        }
        waiting.push({ fault, left: fault.times ?? 1 });
      }
    },
    take(body) {
      const index = waiting.findIndex(
        ({ fault }) =>
          (fault.model === undefined || fault.model === body.model) && (fault.match === undefined || fault.match(body)),
      );
      const found = waiting[index];
      if (found === undefined) return undefined;
      found.left--;
      if (found.left <= 0) waiting.splice(index, 1);
      return found.fault;
    },
    giveBack(fault) {
      waiting.unshift({ fault, left: 1 });
    },
  };
}
