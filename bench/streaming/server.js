/**
 * `fork("server.js", [CHUNKS, AT_FIRST, EVERY_MS])`: answers every request with the same prepared answer; sends its port. All of it at once, as
 * fast as the socket takes it; or only AT_FIRST events, and one more each EVERY_MS (0: never).
 */

import { createServer } from 'node:net';
import { answer, framed, httpResponse } from '../inputs.js';

const [chunks = 0, atFirst, every = 0] = process.argv.slice(2).map(Number);
const whole = httpResponse(answer(chunks));
const { head, events, end } = framed(answer(chunks));

/** How many events each of those that are not yet at the end has got. @type {Map<import('node:net').Socket, number>} */
const open = new Map();

/** @param {import('node:net').Socket} socket */
function respond(socket) {
  if (atFirst === undefined) {
    socket.write(whole);
    return;
  }
  socket.write(Buffer.concat([head, ...events.slice(0, atFirst)]));
  open.set(socket, atFirst);
}

if (every > 0) {
  setInterval(() => {
    for (const [socket, sent] of open) {
      const event = events[sent];
      socket.write(event ?? end);
      if (event) open.set(socket, sent + 1);
      else open.delete(socket);
    }
  }, every);
}

const server = createServer(socket => {
  let text = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => open.delete(socket));
  socket.on('data', bytes => {
    text += bytes.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < head + 4 + length) return;
    text = '';
    respond(socket);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.(address.port);
});
process.on('disconnect', () => process.exit());
