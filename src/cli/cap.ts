/** `rtfs cap`: which capabilities there are, what they are, and more of them. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostic/json.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { grantableIds } from '../host/executor/declared.ts';
import type { McpServer } from '../host/executor/executor.ts';
import type { Manifest } from '../host/manifest/manifest.ts';
import type { CapabilityFile } from '../host/manifest/read.ts';
import { typeText } from '../host/manifest/type.ts';
import { fileValue, manifestValue } from '../host/manifest/write.ts';
import { listManifests, listTools } from '../host/open.ts';
import { writeJson } from '../value/json-write.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { type Declared, PROJECT_FILE, readDeclared } from './capabilities.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { CapabilityOptions } from './invocation.ts';
import { report } from './report.ts';
import { Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function capabilityCommand(options: CapabilityOptions, terminal: Terminal): Promise<ExitCode> {
  const sources = new Sources();
  const declared = await readDeclared(options.file, sources);
  const done = declared.ok ? await carryOut(options, declared.value, sources) : declared;
  if (done.ok) {
    terminal.out(done.value);
    return EXIT.ok;
  }
  if (options.json) terminal.out(`${JSON.stringify({ diagnostics: diagnosticsToJson(done.error, sources.lookup) })}\n`);
  else report(terminal, done.error, sources.lookup);
  return EXIT.usage;
}

type Done = Result<string, readonly Diagnostic[]>;

async function carryOut(options: CapabilityOptions, declared: Declared, sources: Sources): Promise<Done> {
  switch (options.action) {
    case 'list':
      return { ok: true, value: listed(listManifests(declared.file), declared.file.servers, options.json) };
    case 'search':
      return { ok: true, value: listed(listManifests(declared.file).filter((manifest) => matches(manifest, options.operands)), [], options.json) };
    case 'show':
      return show(options.operands[0]!, declared, options.json);
    case 'add':
      return add(options, declared, sources);
  }
}

// ── list and search ────────────────────────────────────────────────────────────────────────────────────────────────

function listed(manifests: readonly Manifest[], servers: readonly McpServer[], json: boolean): string {
  if (json) return jsonText(Vector.adopt(manifests.map(manifestValue)));
  const rows = [
    ...manifests.map((manifest) => [manifest.id, effectsText(manifest), manifest.determinism, sourceText(manifest), manifest.summary]),
    ...servers.filter((server) => !manifests.some(({ provider }) => provider === `mcp:${server.name}`)).map((server) => [`mcp.${server.name}.*`, ':mcp', '', `mcp:${server.name}`, reachText(server)]),
  ];
  return table([['CAPABILITY', 'EFFECTS', 'DETERMINISM', 'SOURCE', ''], ...rows]);
}

function matches(manifest: Manifest, words: readonly string[]): boolean {
  const text = [manifest.id, manifest.summary, manifest.provider, ...manifest.tags, ...manifest.effects].join(' ').toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase().replace(/^[:#]/, '')));
}

function effectsText(manifest: Manifest): string {
  return manifest.effects.length === 0 ? 'none' : manifest.effects.map((effect) => `:${effect}`).join(' ');
}

/** Who brings it, and whether it may be called. */
function sourceText({ provider, approval }: Manifest): string {
  return approval === 'pending' || approval === 'revoked' ? `${provider} (${approval})` : provider;
}

function reachText(server: McpServer): string {
  return server.kind === 'http' ? server.url : `its tools are known when it is started: ${[server.command, ...server.args].join(' ')}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(column + 1 === row.length ? 0 : widths[column]!)).join('  ').trimEnd()}\n`).join('');
}

// ── show ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function show(written: string, { file }: Declared, json: boolean): Done {
  const id = written.replace(/^:/, '');
  const manifests = listManifests(file);
  const manifest = manifests.find((one) => one.id === id);
  if (manifest !== undefined) return { ok: true, value: json ? jsonText(manifestValue(manifest)) : detailText(manifest) };
  const meant = suggest(id, manifests.map((one) => one.id));
  const help = meant.length > 0 ? `did you mean ${meant.map((one) => `\`${one}\``).join(' or ')}?` : '`rtfs cap list` lists them all';
  const server = file.servers.find((one) => grantableIds(file, [id]).includes(id) && id.startsWith(`mcp.${one.name}`));
  const tools = server === undefined ? [] : [`the tools of an MCP server are known to \`rtfs cap\` once they are added: rtfs cap add --tools FILE`];
  return { ok: false, error: [diagnostic('E0502', `there is no capability \`${id}\``, null, { help: [help, ...tools] })] };
}

function detailText(manifest: Manifest): string {
  const { executor } = manifest;
  const rows: (readonly [string, string | null])[] = [
    ['summary', manifest.summary === '' ? null : manifest.summary],
    ['version', manifest.version],
    ['source', sourceText(manifest)],
    ['input', typeText(manifest.input)],
    ['output', typeText(manifest.output)],
    ['effects', effectsText(manifest)],
    ['determinism', manifest.determinism],
    ['cost', manifest.cost === 0 ? null : String(manifest.cost)],
    ['tokens', manifest.tokens === 0 ? null : String(manifest.tokens)],
    ['secrets', manifest.secrets.length === 0 ? null : manifest.secrets.join(', ')],
    ['timeout', manifest.timeoutMs === null ? null : `${manifest.timeoutMs} ms`],
    ['approval', manifest.approval],
    ['tags', manifest.tags.length === 0 ? null : manifest.tags.join(', ')],
    ['carried out by', executor === null ? 'the host' : executor.kind],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `:${manifest.id}\n${rows.flatMap(([name, text]) => (text === null ? [] : [`  ${name.padEnd(width)}  ${text}\n`])).join('')}`;
}

// ── add ────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function add(options: CapabilityOptions, declared: Declared, sources: Sources): Promise<Done> {
  const target = declared.path ?? PROJECT_FILE;
  if (!target.endsWith('.json')) return refusal(`${target} is written by hand`, 'add to it in an editor: only JSON files are rewritten');
  const added = await readDeclared(options.operands[0]!, sources);
  if (!added.ok) return added;
  const tools = options.tools ? await toolsOf(added.value.file) : { ok: true as const, value: [] };
  if (!tools.ok) return tools;
  const { manifests, servers, models } = added.value.file;
  const news: CapabilityFile = { manifests: [...manifests, ...tools.value].map(approved), servers, models };
  const clash = clashOf(declared.file, news);
  if (clash !== null) return refusal(`${clash} is declared in ${target} already`, 'remove it there first');
  const { file } = declared;
  const whole = { manifests: [...file.manifests, ...news.manifests], servers: [...file.servers, ...servers], models: [...file.models, ...models] };
  writeWhole(target, jsonText(fileValue(whole)));
  const names = [...news.manifests.map((manifest) => manifest.id), ...servers.map((server) => `mcp.${server.name}.*`), ...models.map((model) => `model ${model.name}`)];
  return { ok: true, value: options.json ? `${JSON.stringify({ file: target, added: names })}\n` : `${target}: added ${names.join(', ')}\n` };
}

/** Adding is a person's word; what the file itself holds back stays so. */
function approved(manifest: Manifest): Manifest {
  return manifest.approval === 'auto' ? { ...manifest, approval: 'approved' } : manifest;
}

async function toolsOf(file: CapabilityFile): Promise<Result<readonly Manifest[], readonly Diagnostic[]>> {
  const known = new Set(file.manifests.map((manifest) => manifest.id));
  const tools = await listTools(file, process.cwd());
  return tools.ok ? { ok: true, value: tools.value.filter((manifest) => !known.has(manifest.id)) } : { ok: false, error: [diagnostic('E0502', tools.error, null)] };
}

function clashOf(before: CapabilityFile, news: CapabilityFile): string | null {
  const id = news.manifests.find((manifest) => before.manifests.some((one) => one.id === manifest.id))?.id;
  const server = news.servers.find((one) => before.servers.some((other) => other.name === one.name));
  const model = news.models.find((one) => before.models.some((other) => other.name === one.name));
  return id ?? (server === undefined ? (model === undefined ? null : `the model ${model.name}`) : `the server ${server.name}`);
}

function refusal(problem: string, help: string): Done {
  return { ok: false, error: [diagnostic('E0502', problem, null, { help: [help] })] };
}

/** In one go: nobody ever reads half of it. */
function writeWhole(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

function jsonText(value: Value): string {
  const text = writeJson(value, { pretty: true });
  return text.ok ? `${text.value}\n` : '';
}
