// What the small services of the examples have in common: they talk JSON on a free local port, say on their first line
// where they listen, tell at GET / what they saw, and end by themselves when nobody asked for anything in 60 seconds.
import { createServer } from 'node:http';

const IDLE_MS = 60_000;

/**
 * `answer` gets one request as `{ method, path, query, headers, data, response }`; `response` takes `reply` below, or
 * nothing when the service stays silent. `tell` gives what the service saw.
 */
export function startService({ port, answer, tell }) {
  let idle = setTimeout(stop, IDLE_MS);
  const server = createServer((request, response) => {
    clearTimeout(idle);
    idle = setTimeout(stop, IDLE_MS);
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url, 'http://localhost');
      if (request.method === 'GET' && url.pathname === '/') return reply(response, 200, tell());
      const text = Buffer.concat(chunks).toString();
      const data = text === '' ? null : JSON.parse(text);
      return answer({ method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, data, response });
    });
  });
  server.listen(Number(port), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

  function stop() {
    server.close();
    server.closeAllConnections();
  }
}

export function reply(response, status, data = null) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(data === null ? '' : JSON.stringify(data));
}
