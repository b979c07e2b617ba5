import { type ChatChunk, createChatClient, type ResponseHead } from 'rx-groq';
import { map, type Observable } from 'rxjs';
import { answer, ask, config } from './support/chat.js';
import { errorKind, marbles } from './support/marbles.js';

type Response = Observable<ResponseHead | Uint8Array>;

/** A client whose server answers this to the first request, and that to the one that goes on. */
function clientOf(first: Response, second: Response, windows: { limit: number; per: number }[]) {
  return createChatClient(config({ windows }), {
    transport: ({ body }) => (JSON.parse(body!).messages.length === 1 ? first : second),
    tokenCounter: () => 10,
    maxFlight: 0,
  });
}

/** Its text; in small letters where an answer goes on. */
const text = map(({ choices, rx_seam }: ChatChunk) => {
  const content = choices[0]?.delta.content ?? '.';
  return rx_seam ? content.toLowerCase() : content;
});

marbles('An answer that breaks off goes on when the next request may go; the seam is marked', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = cold(' -hA-B-|', answer);
  const firstSubs = '  ^-----!';
  const second = cold('          -hC-D.|', answer);
  const secondSubs = ' ----------^----!';
  //  1 per 10 ms      a---------|
  //                             b
  const expected = '   --A-B-------c-D(.|)';
  const client = clientOf(first, second, [{ limit: 1, per: 10 }]);
  expectObservable(client.stream(ask('?', { continueOnBreak: 1 })).pipe(text)).toBe(expected);
  expectSubscriptions(first.subscriptions).toBe(firstSubs);
  expectSubscriptions(second.subscriptions).toBe(secondSubs);
});

marbles('Who unsubscribes while it waits to go on leaves the line', helpers => {
  const { cold, expectObservable, expectSubscriptions } = helpers;
  const first = cold(' -hA-B-|', answer);
  const second = cold('-hC.|', answer);
  const unsub = '      --------!';
  const expected = '   --A-B----';
  const client = clientOf(first, second, [{ limit: 1, per: 20 }]);
  expectObservable(client.stream(ask('?', { continueOnBreak: 1 })).pipe(text, errorKind()), unsub).toBe(expected);
  expectSubscriptions(second.subscriptions).toBe([]);
});
