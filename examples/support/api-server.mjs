// A small order service on a free local port, for api-client.rtfs. It fails the way services fail: too busy, too many
// requests, a connection that breaks, an answer that never comes, an answer that is lost after the work was done.
//
//   node examples/support/api-server.mjs [--port 8080] [--down]
//
// It says on its first line where it listens. It ends by itself a moment after a report was delivered, or when nobody
// asked for anything in 60 seconds; its last line is what it saw, as JSON. With --down every request fails.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const PAGE_SIZE = 40;
const IDLE_MS = 60_000;
const { values: flags } = parseArgs({ options: { port: { type: 'string', default: '0' }, down: { type: 'boolean', default: false } } });

const orders = Array.from({ length: 100 }, (_, index) => ({
  id: index + 1,
  customer: ['Ada', 'Boole', 'Church', 'Dijkstra', 'Erlang'][(index * 7) % 5],
  cents: 500 + ((index * 3779) % 9500),
}));

/** What goes wrong, one thing for each request to the path, until the list is used up. */
const troubles = new Map([
  ['/orders?page=1', ['busy', 'busy']],
  ['/orders?page=2', ['broken', 'silence', 'too many']],
  ['/orders?page=3', []],
  ['/reports', ['lost']],
]);

const seen = { requests: 0, reports: {} };
let idle = setTimeout(stop, IDLE_MS);

const server = createServer((request, response) => {
  seen.requests += 1;
  clearTimeout(idle);
  idle = setTimeout(stop, IDLE_MS);
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
});
server.listen(Number(flags.port), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

function answer(request, response, body) {
  const trouble = flags.down ? 'busy' : troubles.get(request.url)?.shift();
  switch (trouble) {
    case 'busy':
      return reply(response, 503, { error: 'busy' });
    case 'too many':
      return reply(response, 429, { error: 'too many requests' }, { 'retry-after': '1' });
    case 'broken':
      return request.socket.destroy();
    case 'silence':
      return undefined;
    case 'lost':
      store(request, body);
      return reply(response, 502, { error: 'the answer got lost' });
    default:
      return serve(request, response, body);
  }
}

function serve(request, response, body) {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'GET' && url.pathname === '/orders') return reply(response, 200, page(Number(url.searchParams.get('page') ?? 1)));
  if (request.method !== 'POST' || url.pathname !== '/reports') return reply(response, 404, { error: 'no such place' });
  if (request.headers['idempotency-key'] === undefined) return reply(response, 400, { error: 'a report needs an idempotency key' });
  const isNew = store(request, body);
  response.on('finish', () => setTimeout(stop, 100));
  return reply(response, isNew ? 201 : 200, { stored: true, again: !isNew });
}

function page(number) {
  const start = (number - 1) * PAGE_SIZE;
  return { orders: orders.slice(start, start + PAGE_SIZE), next: start + PAGE_SIZE < orders.length ? number + 1 : null };
}

/** Whether the report is new: one with a key that is known is the same report, sent again. */
function store(request, body) {
  const key = request.headers['idempotency-key'];
  const isNew = !(key in seen.reports);
  seen.reports[key] = JSON.parse(body);
  return isNew;
}

function reply(response, status, data, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data));
}

function stop() {
  clearTimeout(idle);
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  console.log(JSON.stringify(seen));
}
