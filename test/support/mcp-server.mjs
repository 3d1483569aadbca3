// A small MCP server on standard input and output that misbehaves as it is told. Written by hand, so that the tests see what goes over the wire.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [log] = process.argv.slice(2);
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const schema = { type: 'object', properties: {} };
const TOOLS = [
  { name: 'pid', description: 'the process\nand more', inputSchema: schema, annotations: { readOnlyHint: true, openWorldHint: false } },
  { name: 'crash', inputSchema: schema, annotations: { idempotentHint: true } },
  { name: 'slow', inputSchema: schema },
  { name: 'meta', inputSchema: schema },
  { name: 'wrong', inputSchema: schema, outputSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
  { name: 'refuse', inputSchema: schema },
  { name: 'sum', inputSchema: { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' } }, required: ['a', 'b'] } },
];

function call(id, { name, arguments: given, _meta: meta }) {
  const text = (value) => say({ id, result: { content: [{ type: 'text', text: String(value) }] } });
  switch (name) {
    case 'pid': return text(process.pid);
    case 'crash': return process.exit(7);
    case 'meta': return text(JSON.stringify(meta ?? null));
    case 'wrong': return say({ id, result: { content: [], structuredContent: { n: 'many' } } });
    case 'refuse': return say({ id, error: { code: -32001, message: 'not today' } });
    case 'sum': return text(given.a + given.b);
    default: return undefined;
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  appendFileSync(log, `${method}${method === 'tools/call' ? ` ${params.name}` : ''}\n`);
  if (method === 'initialize') say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'bad', version: '1' } } });
  else if (method === 'tools/list') say({ id, result: { tools: TOOLS } });
  else if (method === 'tools/call') call(id, params);
  else if (id !== undefined && method !== 'tools/call') say({ id, error: { code: -32601, message: 'unknown' } });
});
