import { createChatClient } from 'rx-groq';
import { startGateway } from 'rx-groq/gateway';
import { BehaviorSubject, NEVER, of } from 'rxjs';
import { expect, it } from 'vitest';
import { configFor, simulate } from '../client/harness.js';
import { MODEL, question } from '../fetch/sdks.js';
import { gatewayWith, post } from './harness.js';

const story = { ...question('Why is the sky blue?'), stream: true };

it('lets what is under way end, in line too, and takes nothing new', async () => {
  const gate$ = new BehaviorSubject(true);
  const { gateway } = await gatewayWith({ client: { gate$ }, simulator: { tokensPerSecond: 100 } });
  const streaming = await post(gateway, story);
  gate$.next(false);
  const waiting = post(gateway, question());
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(1);
  const closed = gateway.close({ grace: 20_000 });
  await expect(post(gateway, question())).rejects.toThrow(); // or a 503 on a connection that was there before
  gate$.next(true);
  expect(await streaming.text()).toContain('[DONE]');
  expect((await waiting).status).toBe(200);
  await closed;
});

it('tells those who are cut off at the end of the grace', async () => {
  const { gateway, simulator } = await gatewayWith({ client: { gate$: NEVER } });
  simulator.fault({ kind: 'stall' });
  const streaming = await post(gateway, story);
  await simulator.until(({ streams }) => streams === 1);
  await gateway.close({ grace: 50 });
  expect(await streaming.text()).toMatch(/\n\nevent: error\ndata: \{"error":\{"message":"The gateway is shutting down/);
  await simulator.until(({ open }) => open === 0);
});

it('tells those who wait in line', async () => {
  const { gateway } = await gatewayWith({ client: { gate$: of(false) } });
  const waiting = post(gateway, question());
  await expect.poll(() => gateway.client.limits(MODEL).queued).toBe(1);
  await gateway.close();
  const response = await waiting;
  expect([response.status, (await response.json()).error.code]).toEqual([503, 'closed']);
  expect(gateway.client.limits(MODEL).queued).toBe(0);
});

it('leaves a client that it was given open, and closes its own', async () => {
  const simulator = await simulate();
  const client = createChatClient(configFor(simulator));
  const given = await startGateway({ client });
  await given.close();
  expect(client.models()).toContain(MODEL);
  await expect.soft(startGateway({ client }).then(gateway => gateway.close())).resolves.toBeUndefined();
  await client[Symbol.asyncDispose]();

  const own = await startGateway({ config: configFor(simulator) });
  expect((await post(own, question())).status).toBe(200);
  await own.close();
  await simulator.until(({ connections }) => connections === 0);
});
