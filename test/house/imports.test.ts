/** Who may import whom. The same table, in words, is in src/README.md. */
import { describe, expect, test } from 'vitest';
import { cycles, type Import, roomOf, type SourceFile, sourceFiles } from './source.ts';

interface Rule {
  /** Rooms whose files may be imported; a room may always import itself. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  readonly node: boolean;
}

const RULES: Readonly<Record<string, Rule>> = {
  value: { rooms: [], packages: [], node: false },
  diagnostic: { rooms: ['value'], packages: [], node: false },
  ir: { rooms: ['value', 'diagnostic'], packages: [], node: false },
  parser: { rooms: ['ir', 'value', 'diagnostic'], packages: ['chevrotain'], node: false },
  check: { rooms: ['ir', 'value', 'diagnostic'], packages: [], node: false },
  evaluator: { rooms: ['ir', 'value', 'diagnostic'], packages: ['re2js'], node: false },
  host: { rooms: ['evaluator', 'parser', 'check', 'ir', 'value', 'diagnostic', 'policies'], packages: ['better-sqlite3', '@modelcontextprotocol/client', '@restatedev/restate-sdk'], node: true },
  cli: { rooms: ['host', 'evaluator', 'parser', 'value', 'diagnostic', 'library', 'package.json'], packages: ['commander'], node: true },
  'bin/rtfs.ts': { rooms: ['cli'], packages: [], node: true },
  'src/index.ts': { rooms: ['host', 'evaluator', 'parser', 'ir', 'value', 'diagnostic', 'library'], packages: [], node: false },
  'src/kernel.ts': { rooms: ['evaluator', 'ir', 'value', 'diagnostic'], packages: [], node: false },
  'src/primitives.ts': { rooms: ['evaluator'], packages: [], node: false },
  'src/library.ts': { rooms: ['library'], packages: [], node: false },
  'src/values.ts': { rooms: ['evaluator', 'value'], packages: [], node: false },
  'src/contexts.ts': { rooms: ['evaluator'], packages: [], node: false },
  'src/chunks.ts': { rooms: ['evaluator', 'value'], packages: [], node: false },
  'src/engine.ts': { rooms: ['host'], packages: [], node: false },
  'src/restate.ts': { rooms: ['host'], packages: [], node: false },
  'src/host.ts': { rooms: ['host', 'value'], packages: [], node: false },
  'src/protocol.ts': { rooms: ['host'], packages: [], node: false },
  'src/testing.ts': { rooms: ['testing'], packages: [], node: false },
  testing: { rooms: ['host', 'evaluator', 'value'], packages: ['fast-check'], node: false },
  library: { rooms: [], packages: [], node: false },
};

/** Types carry no code: `value` tells where something stands, and why bytes were refused. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { value: ['diagnostic'] };

const files = sourceFiles(['src', 'bin']);
const byPath = new Map(files.map((file) => [file.path, file]));

function problemsOf(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const rule = RULES[room];
  if (rule === undefined) return [`${file.path} is in no room that has a rule`];
  return file.imports.filter((one) => !isAllowed(room, rule, one)).map((one) => `${file.path} imports ${one.target}`);
}

function isAllowed(room: string, rule: Rule, { kind, target, typeOnly }: Import): boolean {
  if (kind === 'node') return rule.node;
  if (kind === 'package') return rule.packages.includes(target);
  const other = roomOf(target);
  return other === room || rule.rooms.includes(other) || (typeOnly && (TYPES_ONLY[room] ?? []).includes(other));
}

/** Of the files that `from` says, those that import one that `to` says. */
function importers(from: (path: string) => boolean, to: (target: string) => boolean): string[] {
  return files.filter((file) => from(file.path) && file.imports.some((one) => to(one.target))).map((file) => file.path);
}

const within = (...starts: readonly string[]) => (path: string): boolean => starts.some((start) => path.startsWith(start));

test('rooms import what their rule allows', () => {
  expect(files.length).toBeGreaterThan(150);
  expect(files.flatMap(problemsOf)).toEqual([]);
});

test('every import of a file finds it', () => {
  const lost = files.flatMap((file) => file.imports.filter((one) => one.kind === 'file' && one.target.startsWith('src/') && !byPath.has(one.target)).map((one) => `${file.path}: ${one.target}`));
  expect(lost).toEqual([]);
});

test('every rule is about a room that is there', () => {
  const rooms = new Set(files.map((file) => roomOf(file.path)));
  expect(Object.keys(RULES).filter((room) => !rooms.has(room))).toEqual([]);
});

describe('packages', () => {
  const users = (name: string): string[] => importers(() => true, (target) => target === name);

  test.each([
    ['fast-check', ['src/testing/arbitraries.ts', 'src/testing/values.ts']],
    ['chevrotain', ['src/parser/grammar.ts', 'src/parser/tokens.ts']],
    ['re2js', ['src/evaluator/primitives/re2.ts']],
    ['commander', ['src/cli/arguments-engine.ts', 'src/cli/arguments-kept.ts', 'src/cli/arguments-serve.ts', 'src/cli/arguments-workers.ts', 'src/cli/arguments.ts']],
    ['@restatedev/restate-sdk', ['src/host/engine/restate/segment.ts', 'src/host/engine/restate/services.ts', 'src/host/engine/restate/worker.ts']],
    ['better-sqlite3', ['src/host/store/sqlite-open.ts', 'src/host/store/sqlite-schema.ts', 'src/host/store/sqlite-writer.ts', 'src/host/store/sqlite.ts']],
    ['@modelcontextprotocol/client', ['src/host/executor/mcp/connection.ts', 'src/host/executor/mcp/servers.ts', 'src/host/executor/mcp/tool.ts']],
  ])('%s is imported in few places', (name, places) => {
    expect(users(name)).toEqual(places);
  });
});

describe('parser and evaluator', () => {
  test('meet in the host only where programs are compiled', () => {
    const both = importers(within('src/host/'), within('src/parser/')).filter((path) => byPath.get(path)!.imports.some((one) => one.target.startsWith('src/evaluator/')));
    expect(both).toEqual(['src/host/compile.ts', 'src/host/conformance.ts', 'src/host/library-build.ts']);
  });

  test.each(['src/index.ts', 'src/kernel.ts', 'src/host.ts', 'src/protocol.ts', 'src/testing.ts'])('what %s reaches needs nothing of node', (door) => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const one of byPath.get(path)?.imports ?? []) if (one.kind === 'file' && !one.typeOnly) visit(one.target);
    };
    visit(door);
    expect([...seen].flatMap((path) => (byPath.get(path)?.imports ?? []).filter((one) => one.kind === 'node' && !one.typeOnly).map((one) => `${path} ${one.target}`))).toEqual([]);
    expect(seen.size).toBeGreaterThan(20);
  });

  test('the kernel reaches no file of the parser, the host or the command line', () => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const one of byPath.get(path)?.imports ?? []) if (one.kind === 'file' && !one.typeOnly) visit(one.target);
    };
    visit('src/kernel.ts');
    expect([...seen].filter((path) => ['parser', 'host', 'cli', 'check'].includes(roomOf(path)))).toEqual([]);
    expect(seen.size).toBeGreaterThan(50);
  });
});

describe('in the host', () => {
  test('only open.ts names capabilities, and for what steps wait for the host of functions', () => {
    expect(importers((path) => !path.startsWith('src/host/capability/'), within('src/host/capability/'))).toEqual(['src/host/function-host.ts', 'src/host/open.ts']);
  });

  test('the loop knows ports, and no adapter, grant or compiler', () => {
    const loop = ['src/host/loop.ts', 'src/host/flight.ts', 'src/host/flights.ts', 'src/host/perform.ts', 'src/host/port.ts'];
    expect(importers((path) => loop.includes(path), within('src/host/capability/', 'src/host/security/', 'src/host/open.ts', 'src/host/compile.ts', 'src/parser/'))).toEqual([]);
  });

  test('capabilities know neither the loop nor the compiler, nor each other', () => {
    expect(importers(within('src/host/capability/'), within('src/host/loop.ts', 'src/host/flight.ts', 'src/host/flights.ts', 'src/host/perform.ts', 'src/host/run.ts', 'src/host/open.ts', 'src/host/compile.ts'))).toEqual([]);
    const family = (path: string): string => /\/(confine|fs)\.ts$/.test(path) ? 'fs' : /\/(exchange|http)[^/]*\.ts$/.test(path) ? 'http' : path;
    const foreign = files
      .filter((file) => file.path.startsWith('src/host/capability/'))
      .flatMap((file) => file.imports.filter((one) => one.target.startsWith('src/host/capability/') && family(one.target) !== family(file.path)).map((one) => `${file.path}: ${one.target}`));
    expect(foreign).toEqual([]);
  });

  test('an adapter of the store knows the port, its own files and what values are made of, and no other adapter', () => {
    const shared = ['src/host/store/port.ts', 'src/host/store/problem.ts', 'src/host/store/owner.ts'];
    const family = (path: string): string => path.slice('src/host/store/'.length).split(/[-.]/)[0]!;
    const foreign = files
      .filter((file) => file.path.startsWith('src/host/store/'))
      .flatMap((file) => file.imports.filter((one) => one.kind === 'file' && !shared.includes(one.target) && !one.target.startsWith('src/value/') && family(one.target) !== family(file.path)).map((one) => `${file.path}: ${one.target}`));
    expect(foreign).toEqual([]);
  });

  test('an engine knows its port and its own files: neither the loop nor what drives segments', () => {
    const adapter = within('src/host/engine/restate/', 'src/host/engine/memory.ts');
    const known = ['src/host/engine/port.ts', 'src/host/port.ts', 'src/diagnostic/diagnostic.ts'];
    const foreign = files.filter((file) => adapter(file.path)).flatMap((file) => file.imports.filter((one) => one.kind === 'file' && !known.includes(one.target) && !adapter(one.target)).map((one) => `${file.path}: ${one.target}`));
    expect(foreign).toEqual([]);
    expect(importers((path) => path.startsWith('src/host/') && !adapter(path), adapter)).toEqual([]);
  });

  test('the journal knows the port of the store, and no adapter', () => {
    expect(importers(within('src/host/journal/'), (target) => target.startsWith('src/host/store/') && target !== 'src/host/store/port.ts')).toEqual([]);
  });

  test('executors know the world through their ports, and what is large is loaded by the first call that needs it', () => {
    expect(importers(within('src/host/executor/', 'src/host/manifest/'), within('src/host/capability/', 'src/host/open.ts', 'src/host/loop.ts', 'src/host/flight.ts', 'src/host/flights.ts', 'src/host/perform.ts'))).toEqual([]);
    const large = within('src/host/executor/mcp/servers.ts', 'src/host/executor/process.ts', 'src/host/executor/rtfs.ts');
    const eager = files.filter((file) => !file.path.startsWith('src/host/executor/mcp/')).flatMap((file) => file.imports.filter((one) => large(one.target) && !one.typeOnly && !one.lazy).map(() => file.path));
    expect(eager).toEqual([]);
  });

  test('the policy decides without capabilities or the network', () => {
    const open = files.filter((file) => file.path.startsWith('src/host/security/')).flatMap((file) => file.imports.filter((one) => one.kind === 'node' || one.target.startsWith('src/host/capability/')));
    expect(open).toEqual([]);
  });
});

test('the command line uses the doors of the evaluator, not its inside', () => {
  const used = new Set(files.filter((file) => file.path.startsWith('src/cli/')).flatMap((file) => file.imports.map((one) => one.target).filter(within('src/evaluator/'))));
  const doors = new Set(byPath.get('src/index.ts')!.imports.map((one) => one.target));
  expect([...used].filter((target) => !doors.has(target)).sort()).toEqual([]);
});

/** Groups of files that import each other when they run, and why they do. */
const KNOWN_CYCLES: readonly { readonly files: readonly RegExp[]; readonly why: string }[] = [
  { files: [/^src\/parser\/(hint|lowering|macro)\.ts$/, /^src\/parser\/special\//], why: 'a special form lowers the forms in it, which may be special forms' },
  { files: [/^src\/value\/(key|map|set)\.ts$/], why: 'maps and sets may be keys of maps and sets' },
  { files: [/^src\/evaluator\/(assemble|code)\.ts$/], why: 'code is assembled when it is first run' },
  { files: [/^src\/cli\/(execution|hosting)\.ts$/], why: 'running and what it runs in' },
];

test('files import each other in circles only where the things themselves are circular', () => {
  const running = cycles(byPath.keys(), (path) => (byPath.get(path)?.imports ?? []).filter((one) => one.kind === 'file' && !one.typeOnly).map((one) => one.target).filter((target) => byPath.has(target)));
  const explains = (group: readonly string[]) => (known: (typeof KNOWN_CYCLES)[number]): boolean => group.every((path) => known.files.some((pattern) => pattern.test(path)));
  expect(running.filter((group) => !KNOWN_CYCLES.some(explains(group)))).toEqual([]);
  expect(KNOWN_CYCLES.filter((known) => !running.some((group) => explains(group)(known)))).toEqual([]);
});
