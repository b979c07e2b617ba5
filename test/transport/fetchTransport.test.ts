import { expect, it } from 'vitest';
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
