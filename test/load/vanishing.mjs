/** Opens connections, sends on each a body (or nothing), says so, and stays. Arguments: host, port, how many of each, bodies. */

import { once } from 'node:events';
import { connect } from 'node:net';

const [host, port, count, ...bodies] = process.argv.slice(2);
for (const body of bodies) {
  for (let index = 0; index < Number(count); index++) {
    const socket = connect(Number(port), host).on('error', () => {});
    await once(socket, 'connect');
    const headers = `host: ${host}\r\nauthorization: Bearer any\r\ncontent-type: application/json`;
    const request = `POST /v1/chat/completions HTTP/1.1\r\n${headers}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    if (body !== '') socket.write(request);
    socket.resume();
  }
}
console.log('all are connected');
setInterval(() => {}, 1000);
