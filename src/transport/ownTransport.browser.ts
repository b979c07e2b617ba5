export { fetchTransport as ownTransport } from './fetchTransport.js';
