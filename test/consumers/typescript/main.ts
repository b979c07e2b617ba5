import { type ChatRequest, type ChatResult, createChatClient, isChatError, rateWindow, toText } from 'rx-groq';
import { pacedFetch } from 'rx-groq/fetch';
import { type Gateway, startGateway } from 'rx-groq/gateway';
import { type Simulator, startSimulator } from 'rx-groq/simulator';
import { ChatTestingController, fakeChatClient } from 'rx-groq/testing';
import { catchError, from, map, type Observable, of } from 'rxjs';

const client = createChatClient();
const ask = (content: string): ChatRequest => ({ model: 'any', messages: [{ role: 'user', content }] });

export const text$: Observable<string> = client.stream(ask('Hello')).pipe(toText());
export const results$: Observable<ChatResult> = from(['a', 'b']).pipe(map(ask), client.completeEach());
export const paced$: Observable<number> = of(1, 2).pipe(rateWindow({ limit: 1, per: '1s' }));
export const wait$: Observable<number | undefined> = client.complete(ask('Hello')).pipe(
  map(() => undefined),
  catchError((error: unknown) =>
    of(isChatError(error) && error.kind === 'rate_limit' ? error.retryAfterMs : undefined),
  ),
);
export const fetched: typeof globalThis.fetch = pacedFetch(client);
export const servers = (): Promise<[Gateway, Simulator]> => Promise.all([startGateway({ client }), startSimulator()]);
export const fake = fakeChatClient({ answer: new ChatTestingController().answer });

// @ts-expect-error -- a model is a name
client.stream({ ...ask('Hello'), model: 1 });
