/** Stands before workers and gives each connection to one that is there: what a load balancer does. */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Balancer {
  readonly url: string;
  readonly close: () => void;
}

export async function openBalancer(ports: readonly number[]): Promise<Balancer> {
  let turn = 0;
  const sockets = new Set<Socket>();
  const pass = (client: Socket, tries: number): void => {
    if (tries === 0 || client.destroyed) return void client.destroy();
    const worker = connect(ports[turn++ % ports.length]!, '127.0.0.1');
    sockets.add(worker);
    worker.once('connect', () => {
      client.pipe(worker).pipe(client);
      worker.on('close', () => client.destroy());
      client.on('close', () => worker.destroy());
    });
    worker.on('error', () => (worker.pending || worker.connecting ? pass(client, tries - 1) : client.destroy()));
    worker.on('close', () => sockets.delete(worker));
  };
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    pass(client, ports.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
