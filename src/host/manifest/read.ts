/**
 * Capabilities files: what a project adds to the capabilities of the house, as JSON or as RTFS data.
 *
 *   {:capabilities [MANIFEST…]  :servers {NAME SERVER…}  :models {NAME MODEL…}  :delegation CHOICE}
 *   MANIFEST := {:id "weather.today" :version :summary :provider :input TYPE :output TYPE :effects [:network] :determinism :recorded
 *                :cost :tokens :secrets ["NAME"] :timeout-ms :approval :tags, and one of :http :process :rtfs :mcp}
 *   SERVER   := {:command :args :directory :environment} or {:url :headers}, each with :secrets :timeout-ms
 */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { readValue } from '../../parser/datum.ts';
import { parseJson } from '../../value/json-read.ts';
import { MapValue } from '../../value/map.ts';
import { isInteger, Keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Executor, McpServer } from '../executor/executor.ts';
import { templateProblem } from '../executor/template.ts';
import { type FieldProblem, describe, Fields, joined, namesIn } from './fields.ts';
import { APPROVALS, DETERMINISMS, type Manifest, UNDECLARED, UNKNOWN_EFFECT } from './manifest.ts';
import type { DelegationChoice } from '../delegation.ts';
import { type ModelEndpoint, readChoice, readModel } from './model.ts';
import { readType } from './type.ts';

export interface CapabilityFile {
  readonly manifests: readonly Manifest[];
  readonly servers: readonly McpServer[];
  readonly models: readonly ModelEndpoint[];
  /** By what one of several models is chosen; absent: calls name theirs. */
  readonly delegation?: DelegationChoice;
}

export const NO_CAPABILITIES: CapabilityFile = { manifests: [], servers: [], models: [] };

const TIMEOUT_MS = 30_000;
const TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000;
const MEMORY_MIB = 256;
const MEMORY_MAX_MIB = 64 * 1024;
const ANSWER_BYTES = 1024 * 1024;
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;

/** Everything that the text declares, or everything that is wrong with it. RTFS data by the name of the file, JSON otherwise. */
export function readCapabilities(text: string, file: string): Result<CapabilityFile, readonly Diagnostic[]> {
  const value = /\.(rtfs|edn)$/.test(file) ? readValue(text, file) : readJsonValue(text, file);
  if (!value.ok) return value;
  const problems: FieldProblem[] = [];
  const declared = readFile(value.value, problems);
  return problems.length === 0 ? { ok: true, value: declared } : { ok: false, error: problems.map((problem) => complaint(problem, file)) };
}

function readJsonValue(text: string, file: string): Result<Value, readonly Diagnostic[]> {
  const value = parseJson(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (value.ok) return value;
  const { message, offset } = value.error;
  return { ok: false, error: [diagnostic('E0503', `${file} is not JSON: ${message}`, { file, start: offset, end: Math.min(text.length, offset + 1) })] };
}

function complaint({ path, message, help }: FieldProblem, file: string): Diagnostic {
  return diagnostic('E0510', `${file}: ${path === '' ? '' : `${path}: `}${message}`, null, { help });
}

function readFile(value: Value, problems: FieldProblem[]): CapabilityFile {
  const fields = new Fields(value, '', ['capabilities', 'servers', 'models', 'delegation'], problems);
  const servers = namedMaps(fields, 'servers').map(([name, one, path]) => readServer(name, one, path, problems));
  const manifests = elements(fields, 'capabilities').map(([one, path]) => readManifest(one, path, servers, problems));
  const models = namedMaps(fields, 'models').map(([name, one, path]) => readModel(name, one, path, problems));
  const seen = new Set<string>();
  manifests.forEach(({ id }, index) => {
    if (id !== '' && seen.has(id)) fields.say(`capabilities[${index}].id`, `${id} is declared twice`, ['remove one of the two, or give it another id']);
    seen.add(id);
  });
  return { manifests, servers, models, ...(fields.has('delegation') ? { delegation: readChoice(fields.value('delegation'), 'delegation', models, problems) } : {}) };
}

function elements(fields: Fields, name: string): readonly (readonly [Value, string])[] {
  const value = fields.value(name);
  if (value === null) return [];
  if (value instanceof Vector) return value.toArray().map((one, index) => [one, `${name}[${index}]`] as const);
  fields.say(name, `expected a list, found ${describe(value)}`);
  return [];
}

/** Names are one word, since they are parts of ids. */
function namedMaps(fields: Fields, name: string): readonly (readonly [string, Value, string])[] {
  const value = fields.value(name);
  if (value === null) return [];
  const inside = fields.inside(name, value instanceof MapValue ? namesIn(value) : []);
  return inside.names().flatMap((key) => {
    if (/^[a-z][a-z0-9_-]*$/i.test(key)) return [[key, inside.value(key), joined(inside.path, key)] as const];
    inside.say(key, 'a name is letters, digits, "-" and "_", and begins with a letter');
    return [];
  });
}

// ── Manifests ──────────────────────────────────────────────────────────────────────────────────────────────────────

const EXECUTORS = ['http', 'process', 'rtfs', 'mcp'] as const;
const MANIFEST_KEYS = [
  'id', 'version', 'summary', 'provider', 'input', 'output', 'effects', 'determinism', 'cost', 'tokens', 'secrets', 'timeout-ms', 'approval', 'tags',
  ...EXECUTORS,
];

function readManifest(value: Value, path: string, servers: readonly McpServer[], problems: FieldProblem[]): Manifest {
  const fields = new Fields(value, path, MANIFEST_KEYS, problems);
  const id = fields.required('id').replace(/^:/, '');
  if (id !== '' && !/^[a-z][\w-]*(\.[a-z][\w-]*)+$/i.test(id)) {
    fields.say('id', `"${id}" cannot be the id of a capability`, ['an id is two or more words with dots between them: "weather.today"']);
  }
  const secrets = fields.texts('secrets');
  return {
    id,
    version: versionOf(fields),
    summary: fields.text('summary', ''),
    provider: fields.text('provider', UNDECLARED.provider),
    input: typeOf(fields, 'input'),
    output: typeOf(fields, 'output'),
    effects: effectsOf(fields),
    determinism: fields.choice('determinism', DETERMINISMS, UNDECLARED.determinism),
    cost: fields.number('cost', 0, 1e9, 0),
    tokens: fields.integer('tokens', 0, 1e9, 0),
    secrets,
    timeoutMs: fields.integer('timeout-ms', 1, TIMEOUT_MAX_MS, TIMEOUT_MS),
    approval: fields.choice('approval', APPROVALS, 'auto'),
    tags: fields.texts('tags').map((tag) => tag.replace(/^#/, '')),
    executor: executorOf(fields, servers, secrets),
  };
}

function versionOf(fields: Fields): string | null {
  if (!fields.has('version')) return null;
  const version = fields.text('version', '');
  if (!/^\d+\.\d+\.\d+$/.test(version)) fields.say('version', `"${version}" is no version`, ['a version is three numbers: "1.0.0"']);
  return version;
}

/** `:Network` and `network` are one effect. Undeclared is unknown, `[]` is none. */
function effectsOf(fields: Fields): readonly string[] {
  if (!fields.has('effects')) return [UNKNOWN_EFFECT];
  return fields.texts('effects').map((effect) => effect.replace(/^:/, '').toLowerCase());
}

function typeOf(fields: Fields, name: string): Value {
  if (!fields.has(name)) return null;
  const type = readType(fields.value(name));
  if (type.ok) return type.value;
  fields.say(name, type.error.message, type.error.help);
  return null;
}

function executorOf(fields: Fields, servers: readonly McpServer[], secrets: readonly string[]): Executor | null {
  const given = EXECUTORS.filter((kind) => fields.has(kind));
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    fields.say('', kind === undefined ? 'it is not said how to carry out a call' : `there are several ways to carry out a call: ${given.join(', ')}`, [`give one of ${EXECUTORS.join(', ')}`]);
    return null;
  }
  switch (kind) {
    case 'http':
      return readHttp(fields.inside(kind, ['method', 'url', 'headers', 'body', 'as', 'at']), secrets);
    case 'process':
      return readProcess(fields.inside(kind, ['command', 'args', 'directory', 'environment', 'memory-mib', 'max-bytes']), secrets);
    case 'rtfs': {
      const inside = fields.inside(kind, ['file', 'function', 'uses']);
      return { kind, file: inside.required('file'), function: inside.required('function'), uses: inside.texts('uses').map((id) => id.replace(/^:/, '')) };
    }
    case 'mcp': {
      const inside = fields.inside(kind, ['server', 'tool']);
      const server = inside.required('server');
      if (server !== '' && !servers.some((one) => one.name === server)) inside.say('server', `there is no server "${server}"`, ['declare it in "servers"']);
      return { kind, server, tool: inside.required('tool') };
    }
  }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

function readHttp(fields: Fields, secrets: readonly string[]): Executor {
  const method = fields.choice('method', METHODS, 'GET');
  return {
    kind: 'http',
    method,
    url: template(fields, 'url', fields.required('url'), []),
    headers: templates(fields, 'headers', secrets),
    body: bodyOf(fields, method),
    as: fields.choice('as', ['json', 'text'], 'json'),
    at: wayOf(fields),
  };
}

function bodyOf(fields: Fields, method: string): 'none' | 'json' | readonly string[] {
  if (fields.value('body') instanceof Vector) return fields.texts('body');
  return fields.choice<'none' | 'json'>('body', ['none', 'json'], method === 'GET' || method === 'HEAD' || method === 'DELETE' ? 'none' : 'json');
}

function wayOf(fields: Fields): readonly (string | number)[] {
  const value = fields.value('at');
  if (value === null) return [];
  const parts = value instanceof Vector ? value.toArray() : [value];
  return parts.flatMap((part) => {
    if (typeof part === 'string' || (typeof part === 'number' && isInteger(part))) return [part];
    if (part instanceof Keyword) return [part.name];
    fields.say('at', `expected keys and indexes, found ${describe(part)}`);
    return [];
  });
}

function readProcess(fields: Fields, secrets: readonly string[]): Executor {
  return {
    kind: 'process',
    command: fields.required('command'),
    args: fields.texts('args'),
    directory: fields.text('directory', '.'),
    environment: templates(fields, 'environment', secrets),
    memoryMib: fields.integer('memory-mib', 1, MEMORY_MAX_MIB, MEMORY_MIB),
    maxBytes: fields.integer('max-bytes', 1, ANSWER_MAX_BYTES, ANSWER_BYTES),
  };
}

function templates(fields: Fields, name: string, secrets: readonly string[]): readonly (readonly [string, string])[] {
  return fields.pairs(name).map(([key, text]) => [key, template(fields, `${name}.${key}`, text, secrets)] as const);
}

function template(fields: Fields, name: string, text: string, secrets: readonly string[]): string {
  const problem = templateProblem(text, secrets);
  if (problem !== null) fields.say(name, problem.message, problem.help);
  return text;
}

// ── Servers ────────────────────────────────────────────────────────────────────────────────────────────────────────

const SERVER_KEYS = ['command', 'args', 'directory', 'environment', 'url', 'headers', 'secrets', 'timeout-ms'];

function readServer(name: string, value: Value, path: string, problems: FieldProblem[]): McpServer {
  const fields = new Fields(value, path, SERVER_KEYS, problems);
  if (fields.has('command') === fields.has('url')) fields.say('', 'a server has either a "command" to start or a "url" to ask');
  const secrets = fields.texts('secrets');
  const common = { name, secrets, timeoutMs: fields.integer('timeout-ms', 1, TIMEOUT_MAX_MS, TIMEOUT_MS) };
  if (fields.has('url')) {
    const url = fields.text('url', '');
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) fields.say('url', `"${url}" is no http or https URL`);
    return { ...common, kind: 'http', url, headers: templates(fields, 'headers', secrets) };
  }
  return {
    ...common,
    kind: 'stdio',
    command: fields.text('command', ''),
    args: fields.texts('args'),
    directory: fields.text('directory', '.'),
    environment: templates(fields, 'environment', secrets),
  };
}
