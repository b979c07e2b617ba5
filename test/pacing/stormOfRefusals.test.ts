import { createChatClient } from 'rx-groq';
import { merge, Observable, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { wholeAnswer } from '../client/harness.js';

/*
 * A server that refuses one of four for reasons of its own, and says each time that the window is used up, looks like many others with the
 * same key. Each refusal once halved the part of the window that was taken for ours, to less than one request of 600,000.
 */
it('a storm of refusals does not bring a client to a standstill', () => {
  const clock = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  const message =
    'Rate limit reached on requests per minute (RPM): Limit 600000, Used 600000, Requested 1. Please try again in 10ms.';
  const refusal = JSON.stringify({ error: { message, type: 'requests', code: 'rate_limit_exceeded' } });
  const completion = wholeAnswer('Yes');
  let arrived = 0;
  const client = createChatClient(
    { m: { base_url: 'https://api.groq.com/openai/v1', api_key: 'k', req_per_minute: 600_000, max_concurrent: 10 } },
    {
      scheduler: clock,
      retry: { random: () => 0 },
      transport: () =>
        new Observable(subscriber =>
          clock.schedule(() => {
            const refused = arrived++ % 4 === 3;
            subscriber.next({ status: refused ? 429 : 200, headers: { 'content-type': 'application/json' } });
            subscriber.next(new TextEncoder().encode(refused ? refusal : completion));
            subscriber.complete();
          }, 20),
        ),
    },
  );
  let answered = 0;
  merge(
    ...Array.from({ length: 400 }, () =>
      client.complete({ model: 'm', messages: [{ role: 'user', content: 'Well?' }], stream: false }),
    ),
  ).subscribe(() => {
    if (++answered === 400) expect(clock.now()).toBeLessThan(10_000);
  });
  clock.flush();
  expect(answered).toBe(400);
});
