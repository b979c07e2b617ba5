/** The least that a proxy in Node can be: hands each request to the server named, and its answer back. The floor under what a gateway adds. */

import { createServer } from 'node:http';
import { Agent } from 'undici';

const [, , target = ''] = process.argv;
const { origin } = new URL(target);
const agent = new Agent();

const server = createServer((request, response) => {
  const parts = /** @type {Buffer[]} */ ([]);
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer any' };
    agent.dispatch(
      { origin, path: request.url ?? '/', method: 'POST', headers, body: Buffer.concat(parts) },
      {
        onRequestStart() {},
        onResponseStart: (_, status, { 'content-type': type }) =>
          void response.writeHead(status, { 'content-type': type }),
        onResponseData: (_, bytes) => void response.write(bytes),
        onResponseEnd: () => void response.end(),
        onResponseError: () => void response.destroy(),
      },
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`bare proxy on http://127.0.0.1:${port}/openai/v1`);
});
