/** `fork("server.js", [CHUNKS])`: answers every request with the same prepared bytes, as fast as the socket takes them; sends its port. */

import { createServer } from 'node:net';
import { answer, httpResponse } from '../inputs.js';

const response = httpResponse(answer(Number(process.argv[2])));

const server = createServer(socket => {
  let text = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', bytes => {
    text += bytes.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < head + 4 + length) return;
    text = '';
    socket.write(response);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.(address.port);
});
process.on('disconnect', () => process.exit());
