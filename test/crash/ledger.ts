/** Where workers order, over HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Order {
  /** What was asked for first. */
  readonly item: string;
  /** Everything that was asked for under this key. */
  readonly items: Set<string>;
  /** Who asked. */
  readonly by: Set<string>;
}

/** What was ordered: each key once, however often it was asked for. `hold` may keep a request waiting for ever. */
export class Ledger {
  readonly orders = new Map<string, Order>();
  /** How often somebody asked. */
  asked = 0;
  hold: (item: string, by: string) => boolean = () => false;
  answer: (item: string) => string | number = (item) => item.length;
  url = '';
  private readonly server = createServer((request, response) => void this.take(request, response));

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request as AsyncIterable<Buffer>) text += piece.toString('utf8');
    const { key, item, by } = JSON.parse(text) as { readonly key: string; readonly item: string; readonly by: string };
    const order = this.orders.get(key) ?? { item, items: new Set<string>(), by: new Set<string>() };
    this.asked += 1;
    this.orders.set(key, order);
    order.items.add(item);
    order.by.add(by);
    if (!this.hold(item, by)) response.end(JSON.stringify(this.answer(item)));
  }
}
