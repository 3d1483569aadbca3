/** Manifests, servers and models as data in the shape of a capabilities file: what is written here is read back by `read.ts`. */
import { MapValue } from '../../value/map.ts';
import { makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Executor, McpServer } from '../executor/executor.ts';
import type { Manifest } from './manifest.ts';
import type { ModelEndpoint } from './model.ts';
import type { CapabilityFile } from './read.ts';
import { typeText } from './type.ts';

export function fileValue(file: CapabilityFile): Value {
  return record({
    capabilities: Vector.adopt(file.manifests.map(manifestValue)),
    servers: file.servers.length === 0 ? null : MapValue.from(file.servers.map((server) => [server.name, serverValue(server)] as const)),
    models: file.models.length === 0 ? null : MapValue.from(file.models.map((model) => [model.name, modelValue(model)] as const)),
  });
}

export function manifestValue(manifest: Manifest): Value {
  const { executor } = manifest;
  return record({
    'id': manifest.id,
    'version': manifest.version,
    'summary': manifest.summary,
    'provider': manifest.provider,
    'input': typeText(manifest.input),
    'output': typeText(manifest.output),
    'effects': texts(manifest.effects),
    'determinism': manifest.determinism,
    'cost': amount(manifest.cost),
    'tokens': amount(manifest.tokens),
    'secrets': some(manifest.secrets),
    'timeout-ms': manifest.timeoutMs,
    'approval': manifest.approval,
    'tags': some(manifest.tags),
    ...(executor === null || executor.kind === 'function' ? {} : { [executor.kind]: executorValue(executor) }),
  });
}

function executorValue(executor: Exclude<Executor, { kind: 'function' }>): Value {
  switch (executor.kind) {
    case 'http':
      return record({
        method: executor.method, url: executor.url, headers: pairs(executor.headers), body: typeof executor.body === 'string' ? executor.body : texts(executor.body),
        as: executor.as, at: executor.at.length === 0 ? null : Vector.adopt([...executor.at]),
      });
    case 'process':
      return record({
        'command': executor.command, 'args': some(executor.args), 'directory': executor.directory, 'environment': pairs(executor.environment),
        'memory-mib': executor.memoryMib, 'max-bytes': executor.maxBytes,
      });
    case 'rtfs':
      return record({ file: executor.file, function: executor.function, uses: some(executor.uses) });
    case 'mcp':
      return record({ server: executor.server, tool: executor.tool });
  }
}

function serverValue(server: McpServer): Value {
  const common = { 'secrets': some(server.secrets), 'timeout-ms': server.timeoutMs };
  if (server.kind === 'http') return record({ url: server.url, headers: pairs(server.headers), ...common });
  return record({ command: server.command, args: some(server.args), directory: server.directory, environment: pairs(server.environment), ...common });
}

function modelValue(model: ModelEndpoint): Value {
  return record({
    'url': model.url, 'model': model.model, 'secret': model.secret, 'input-price': amount(model.inputPrice), 'output-price': amount(model.outputPrice), 'timeout-ms': model.timeoutMs,
  });
}

/** Without what is nil. */
function record(entries: Readonly<Record<string, Value>>): Value {
  return MapValue.from(Object.entries(entries).filter(([, value]) => value !== null));
}

function texts(list: readonly string[]): Value {
  return Vector.adopt([...list]);
}

function some(list: readonly string[]): Value {
  return list.length === 0 ? null : texts(list);
}

function pairs(entries: readonly (readonly [string, string])[]): Value {
  return entries.length === 0 ? null : MapValue.from(entries);
}

/** Nothing for what is free. */
function amount(number: number): Value {
  return number === 0 ? null : Number.isInteger(number) ? number : makeFloat(number);
}
