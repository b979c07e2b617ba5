/**
 * A page without a framework, and the gateway that it asks: the key stays here.
 *
 *   GROQ_API_KEY=… node --import tsx examples/page.ts
 */

import { fileURLToPath } from 'node:url';
import { startGateway } from 'rx-groq/gateway';
import { createServer } from 'vite';

const port = Number(process.env.PORT ?? 5173);
const gateway = await startGateway({ cors: [`http://localhost:${port}`] });
process.env.VITE_GATEWAY = gateway.url; // what has this prefix is for the page to see
const server = await createServer({
  configFile: false,
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  server: { port, strictPort: true, host: 'localhost' },
});
await server.listen();
console.log(`http://localhost:${port}/page.html`);

process.once('SIGINT', async () => {
  await Promise.all([server.close(), gateway.close()]);
});
