import type { ChatClient } from 'rx-groq';
import type { Subscription } from 'rxjs';

/** How a request may be ended from outside, and the kind of error that its subscriber gets. */
export const ways: readonly {
  readonly name: string;
  readonly kind: string | undefined;
  readonly act: (subscription: Subscription, controller: AbortController, client: ChatClient) => void;
}[] = [
  { name: 'unsubscribing', kind: undefined, act: subscription => subscription.unsubscribe() },
  { name: 'the signal', kind: 'abort', act: (_, controller) => controller.abort() },
  { name: 'close()', kind: 'closed', act: (_, _controller, client) => client.close() },
];

/** Sockets that this thread holds, both ends of each where the server is here too. */
export function sockets(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length;
}
