/** The client's own way to the network: undici, and `fetch` in a browser. */
export { undiciTransport as ownTransport } from './undiciTransport.js';
