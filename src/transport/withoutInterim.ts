import type { Socket } from 'node:net';

/** A response before the response, 1xx. Not 101, with which all that follows would be of another protocol. */
const interim = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
/** What an interim response begins with, and how many characters tell it. */
const beginnings = ['HTTP/1.1 1', 'HTTP/1.0 1'];
const enough = 13;
const statusAt = 9;
const one = 0x31;

/**
 * A client has to read past interim responses that it did not ask for (RFC 9110, 15.2), and on a `100 Continue` undici 7 and 8 hang up. So they
 * are taken out of what a socket reads, where a response may begin: after something was written.
 */
export function withoutInterim(socket: Socket): void {
  const { read, write } = socket;
  let held: Buffer | undefined;
  let awaited = false;

  socket.write = function (this: Socket, ...data: Parameters<Socket['write']>) {
    awaited = true;
    return write.apply(this, data);
  } as Socket['write'];

  socket.read = function (this: Socket, size?: number): Buffer | null {
    const bytes: Buffer | null = read.call(this, size);
    if (!awaited || bytes === null) return bytes;
    if (!held && bytes.length > statusAt && bytes[statusAt] !== one) {
      awaited = false; // nearly always
      return bytes;
    }
    let rest = held ? Buffer.concat([held, bytes]) : bytes;
    held = undefined;
    while (rest.length > 0) {
      const text = rest.toString('latin1', 0, enough);
      const isInterim = interim.test(text);
      const mayBe =
        text.length < enough && beginnings.some(beginning => beginning.startsWith(text.slice(0, beginning.length)));
      if (!isInterim && !mayBe) {
        awaited = false;
        return rest;
      }
      const end = isInterim ? rest.indexOf('\r\n\r\n') : -1;
      if (end < 0) {
        held = rest; // the rest of it is still to come
        return null;
      }
      rest = rest.subarray(end + 4);
    }
    return null;
  };
}
