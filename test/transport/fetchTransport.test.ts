import { isChatError } from 'rx-groq';
import { lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { fetchTransport } from '../../src/transport/fetchTransport.js';
import { ownTransport } from '../../src/transport/ownTransport.browser.js';
import { undiciTransport } from '../../src/transport/undiciTransport.js';
import { transportContract } from './transportContract.js';

transportContract('fetchTransport', fetchTransport);
transportContract('undiciTransport', undiciTransport);

it('is the one that a browser gets', () => {
  expect(ownTransport).toBe(fetchTransport);
  expect(() => fetchTransport({})).toThrow(TypeError); // there is nothing that it could do
});

it('fails where somebody else’s fetch rejects with nothing', async () => {
  vi.stubGlobal('fetch', () => Promise.reject());
  onTestFinished(() => void vi.unstubAllGlobals());
  const sent$ = fetchTransport().send({ url: 'https://api.test/v1', method: 'GET', headers: {} });
  const error = await lastValueFrom(sent$).catch(error => error);
  expect(isChatError(error) && error).toMatchObject({ kind: 'connection', retryable: true });
});
