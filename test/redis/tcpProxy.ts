import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Where new connections go. */
  target: number;
  /** ms that each piece takes in each direction; Infinity: none arrives. */
  latency: number;
  /** Told of each piece before it is passed on. */
  passing: () => void;
  /** Cuts all connections. */
  drop(): void;
  close(): void;
}

/** A network in between, with the faults of one. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => {});
    from.on('data', bytes => {
      proxy.passing();
      if (proxy.latency < Number.POSITIVE_INFINITY) setTimeout(() => to.writable && to.write(bytes), proxy.latency);
    });
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer(near => {
    const far = connect(proxy.target, '127.0.0.1');
    pass(near, far);
    pass(far, near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port,
    target,
    latency: 0,
    passing: () => {},
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      server.close();
      proxy.drop();
    },
  };
  return proxy;
}
