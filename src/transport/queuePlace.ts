/**
 * Where a request stands in the line of a gateway, which tells it in the head of a stream that has to wait, and then in comments between the
 * events: here is how, for the side that tells and the side that hears.
 */
export interface QueuePlace {
  /** 1 = next. */
  readonly position: number;
  /** ms until it will be sent, if nothing more urgent comes; null where that hangs on more than time. */
  readonly etaMs: number | null;
}

/** For a request that is not in line any more. */
export const sentComment = 'sent';

export function placeHeaders({ position, etaMs }: QueuePlace): Record<string, string> {
  return { [positionHeader]: String(position), ...(etaMs !== null && { [etaHeader]: String(etaMs) }) };
}

export function placeComment({ position, etaMs }: QueuePlace): string {
  return `number ${position} in line${etaMs === null ? '' : `, ${etaMs} ms`}`;
}

export function placeInHeaders(headers: Readonly<Record<string, string>>): QueuePlace | undefined {
  return placeOf(headers[positionHeader], headers[etaHeader]);
}

export function placeInComment(text: string): QueuePlace | 'sent' | undefined {
  if (text === sentComment) return 'sent';
  const [, position, eta] = /^number (\d+) in line(?:, (\d+) ms)?$/.exec(text) ?? [];
  return placeOf(position, eta);
}

const positionHeader = 'x-queue-position';
const etaHeader = 'x-queue-eta-ms';

function placeOf(position: string | undefined, eta: string | undefined): QueuePlace | undefined {
  if (position === undefined || !/^[1-9]\d{0,8}$/.test(position)) return undefined;
  return { position: Number(position), etaMs: eta !== undefined && /^\d{1,12}$/.test(eta) ? Number(eta) : null };
}
