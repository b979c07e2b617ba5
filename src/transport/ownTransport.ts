/** The client's own way to the network: undici, and `fetch` in a browser or in Bun (whose own undici can't dispatch). */
export { undiciTransport as ownTransport } from './undiciTransport.js';
