import { AbortError } from '../errors/index.js';
import { apart } from '../pacing/index.js';
import { isSignal } from '../request/index.js';
import type { Call } from './call.js';

/** Who hears of a signal, and how. */
interface Audience {
  readonly calls: Set<Call>;
  readonly tell: () => void;
}

/** One listener a signal, however many requests it stops: Node warns of a leak at the eleventh, and takes each out by searching them all. */
const audiences = new WeakMap<AbortSignal, Audience>();

/** Lets its request's signal end a call, until `ignoreSignal`. @throws AbortError if it is aborted already */
export function heedSignal(call: Call): void {
  const { signal } = call.request;
  if (!isSignal(signal)) return; // none; or a mistake, which is told when the request is checked
  if (signal.aborted) throw aborted(signal);
  let audience = audiences.get(signal);
  if (!audience) {
    const calls = new Set<Call>();
    const tell = (): void => {
      for (const call of calls) apart(() => call.ending?.failed(aborted(signal)));
    };
    audience = { calls, tell };
    audiences.set(signal, audience);
    signal.addEventListener('abort', tell);
  }
  audience.calls.add(call);
}

export function ignoreSignal(call: Call): void {
  const signal = call.request?.signal;
  const audience = signal && audiences.get(signal);
  if (!audience?.calls.delete(call) || audience.calls.size > 0) return;
  audiences.delete(signal!);
  apart(() => signal!.removeEventListener('abort', audience.tell));
}

function aborted({ reason }: AbortSignal): AbortError {
  return new AbortError(undefined, { cause: reason });
}
