import type { ChatRequest } from '../request/index.js';

/** What the gateway notes on a request, in its `context`. */
export interface GatewayContext {
  readonly tenant: string | undefined;
}

/** Whose a gateway's request is: its header `x-tenant`, else the name of its key. For the option `fairBy` of a client that you hand in. */
export function tenantOf({ context }: ChatRequest): string | undefined {
  return (context as Partial<GatewayContext> | undefined)?.tenant;
}
