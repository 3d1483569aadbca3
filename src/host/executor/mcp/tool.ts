/** Tools of MCP servers as manifests, and their results as values. Nothing here talks to a server. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { fromPlain } from '../../../value/plain.ts';
import type { Value } from '../../../value/value.ts';
import { HostFailure } from '../../failure.ts';
import { typeOfSchema } from '../../manifest/json-schema.ts';
import { type Manifest, UNDECLARED } from '../../manifest/manifest.ts';
import type { Determinism } from '../../port.ts';
import type { McpExecutor, McpServer } from '../executor.ts';

const SUMMARY_MAX = 200;
const MESSAGE_MAX = 2000;

/** `mcp.SERVER.TOOL`. */
export function toolId(server: string, tool: string): string {
  return `mcp.${server}.${tool}`;
}

export function manifestOfTool(server: McpServer, tool: Tool): Manifest & { readonly executor: McpExecutor } {
  const hints = tool.annotations ?? {};
  return {
    ...UNDECLARED,
    id: toolId(server.name, tool.name),
    summary: firstLine(tool.description ?? tool.title ?? ''),
    provider: `mcp:${server.name}`,
    input: typeOfSchema(tool.inputSchema),
    output: tool.outputSchema === undefined ? null : typeOfSchema(tool.outputSchema),
    effects: hints.openWorldHint === false ? ['mcp'] : ['mcp', 'network'],
    determinism: determinismOf(hints),
    timeoutMs: server.timeoutMs,
    executor: { kind: 'mcp', server: server.name, tool: tool.name },
  };
}

/** What a server says of its tools counts: whoever added the server trusts it. What it does not say is taken for the worst. */
function determinismOf(hints: NonNullable<Tool['annotations']>): Determinism {
  if (hints.readOnlyHint === true) return 'recorded';
  return hints.idempotentHint === true ? 'idempotent' : 'live';
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]!.trim();
  return line.length <= SUMMARY_MAX ? line : `${line.slice(0, SUMMARY_MAX - 1)}…`;
}

/** Structured content when there is some; the text when there is nothing else; otherwise the parts of the content as maps. */
export function answerOfTool(operation: string, result: CallToolResult): Value {
  const content = result.content ?? [];
  if (result.isError === true) throw new HostFailure('host', `${operation}: ${textOf(content).slice(0, MESSAGE_MAX) || 'the tool failed'}`);
  if (result.structuredContent !== undefined) return valueOf(operation, result.structuredContent);
  const [first] = content;
  if (content.length === 1 && first?.type === 'text') return first.text;
  return valueOf(operation, content);
}

function textOf(content: CallToolResult['content']): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function valueOf(operation: string, data: unknown): Value {
  const value = fromPlain(data, { keys: 'keywords' });
  if (value.ok) return value.value;
  throw new HostFailure('host', `${operation}: the answer of the server cannot be read: ${value.error.message} at ${value.error.path || 'its root'}`);
}
