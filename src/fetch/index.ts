export { pacedFetch } from './pacedFetch.js';
