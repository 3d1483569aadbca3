/** Each way of carrying out a call, tried as a capability of an open host: functions, HTTP, programs, functions written in RTFS. */
import * as http from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Approvals } from '../../../src/host/executor/approvals.ts';
import { capabilityOf } from '../../../src/host/executor/capability.ts';
import type { Executor } from '../../../src/host/executor/executor.ts';
import { fill, templateProblem } from '../../../src/host/executor/template.ts';
import { type Manifest, UNDECLARED } from '../../../src/host/manifest/manifest.ts';
import { NO_CAPABILITIES, readCapabilities } from '../../../src/host/manifest/read.ts';
import { openPureHost } from '../../../src/host/function-host.ts';
import { type HostOptions, openHost, readGrants } from '../../../src/host/open.ts';
import { judge, perform } from '../../../src/host/perform.ts';
import { INT, tupleType } from '../../../src/ir/type.ts';
import type { Answer, Host, Usage } from '../../../src/host/port.ts';
import { readValue } from '../../../src/parser/datum.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Vector } from '../../../src/value/vector.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { compile } from '../../../src/host/compile.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import { run } from '../../../src/host/run.ts';
import { testEnvironment } from '../../support/environment.ts';
import { call, contextOf, failureFrom, MemoryConsole, withDirectory } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Opened {
  /** The printed answer, or `kind: message` of the failure. */
  readonly ask: (id: string, args: string, signal?: AbortSignal) => Promise<string>;
  readonly answer: (id: string, args: string, signal?: AbortSignal) => Promise<Answer>;
  readonly used: Usage[];
}

function open(data: unknown, grants: readonly string[], more: Partial<HostOptions> & { readonly run?: string } = {}): Opened {
  const file = data === null ? { ok: true as const, value: NO_CAPABILITIES } : readCapabilities(JSON.stringify(data), 'capabilities.json');
  if (!file.ok) throw new Error(file.error.map((one) => one.message).join('\n'));
  const ids = file.value.manifests.map((one) => one.id);
  const parsed = readGrants(grants, more.baseDirectory ?? process.cwd(), ids);
  if (!parsed.ok) throw new Error(parsed.error.map((one) => one.message).join('\n'));
  const host = openHost({ grants: parsed.value, declared: file.value, console: new MemoryConsole(), language: testEnvironment, ...more });
  closing.push(host.close);
  const used: Usage[] = [];
  const answer = (id: string, args: string, signal = new AbortController().signal): Promise<Answer> => answerOf(host, id, args, signal, used, more.run);
  return { answer, used, ask: async (id, args, signal) => textOf(await answer(id, args, signal)) };
}

function textOf(answer: Answer): string {
  return answer.ok ? (printValue(answer.value) ?? '…') : `${answer.error.type.name.slice('error/'.length)}: ${answer.error.message}`;
}

async function answerOf(host: Omit<Host, 'close'>, id: string, args: string, signal: AbortSignal, used: Usage[], run: string | undefined): Promise<Answer> {
  const values = readValue(`[${args}]`);
  if (!values.ok) throw new Error(args);
  const asked = call('3/1', id, [...(values.value as Iterable<Value>)]);
  const judged = judge(asked, host);
  if (!judged.allowed) return judged.answer;
  const { capability } = judged;
  if (!('call' in capability)) throw new Error('it only waits');
  const traced = { ...capability, call: ((given, context) => capability.call(given, { callId: context.callId, name: context.name, idempotencyKey: context.idempotencyKey, grants: context.grants, exposed: context.exposed, signal: context.signal, ...(run === undefined ? {} : { run }), used: (one) => used.push(one) })) as typeof capability.call };
  return perform(asked, { capability: traced, grants: judged.grants, exposed: MapValue.empty(), clock: host.clock, idempotencyKey: 'k', run: null, used: () => undefined, left: () => ({}), canCallBack: false, newCallbacks: () => expect.fail('it cannot call back'), signal: () => signal, defect: (cause) => { throw cause; } });
}

// ── Approval and functions ─────────────────────────────────────────────────────────────────────────────────────────

describe('a function of the embedder', () => {
  const approvals = new Approvals();
  const manifest = (executor: Executor, more: Partial<Manifest> = {}): Manifest & { readonly executor: Executor } => ({
    ...UNDECLARED, id: 'own.double', summary: '', input: tupleType([INT]), output: INT, ...more, executor,
  });
  const ports = { hops: 0 } as unknown as Parameters<typeof capabilityOf>[1];
  const clock = { nowMs: () => 0, sleep: (_: number, signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())) };
  const context = contextOf([], { name: 'own.double' });
  const seen: Value[] = [];
  const promised = async (given: Value | Promise<Value>): Promise<Value> => given;
  const double = manifest({ kind: 'function', call: (input) => (seen.push(input), (input as unknown as { get: (index: number) => number }).get(0) * 2) });

  test('gets its input and gives its answer', async () => {
    expect(await capabilityOf(double, { ...ports, clock, regex: null }).call([21], context)).toBe(42);
  });

  test('does not run when the arguments are wrong', async () => {
    seen.length = 0;
    const failure = await failureFrom(promised(capabilityOf(double, { ...ports, clock, regex: null }).call(['x'], context)));
    expect([failure.kind, seen.length]).toEqual(['validation', 0]);
  });

  test('does not reach the program with a wrong answer', async () => {
    const wrong = manifest({ kind: 'function', call: () => 'no number' });
    const failure = await failureFrom(promised(capabilityOf(wrong, { ...ports, clock, regex: null }).call([1], context)));
    expect(failure.message).toBe('Type validation error: answer of own.double: Type mismatch: expected int, got string');
  });

  test('calls functions of the plan back, and cancels them when its time is over', async () => {
    const each = manifest({ kind: 'function', call: async (input, { callBack }) => callBack!((input as Vector).get(0)!, [20]) }, { id: 'own.each', input: null, output: null, timeoutMs: 5 });
    const never = { id: 'never', summary: '', determinism: 'recorded' as const, call: () => new Promise<Value>(() => undefined) };
    const passing = { nowMs: () => 0, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 20)) };
    const host = { ...openPureHost(), capabilities: capabilityRegistry([capabilityOf(each, { ...ports, clock: passing, regex: null }), never], new Map()) };
    const ended = async (text: string): Promise<unknown> => {
      const result = await run(compile(testEnvironment(), { file: 'x', text }).program!, host);
      return result.kind === 'complete' ? result.value : result.kind === 'failed' && result.error.message;
    };
    expect(await ended('(call :own.each inc)')).toBe(21);
    expect(await ended('(call :own.each (fn [n] (call :never)))')).toBe('Timeout: own.each took longer than 5 ms');
  });

  test('is told when its time is over', async () => {
    let told = false;
    const slow = manifest({ kind: 'function', call: (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (told = true))) }, { timeoutMs: 5 });
    const passing = { ...clock, sleep: () => Promise.resolve() };
    const failure = await failureFrom(promised(capabilityOf(slow, { ...ports, clock: passing, regex: null }).call([1], context)));
    expect([failure.kind, failure.message, told]).toEqual(['timeout', 'Timeout: own.double took longer than 5 ms', true]);
  });

  const hostWith = (...manifests: Manifest[]) => {
    const host = openHost({ grants: [{ capability: 'own', scope: null }], declared: { manifests, servers: [], models: [] }, approvals, console: new MemoryConsole() });
    closing.push(host.close);
    return host;
  };
  const asking = async (host: Host): Promise<string> => textOf(await answerOf(host, 'own.double', '1', new AbortController().signal, [], undefined));

  test('may not be called once it is revoked, while the call under way goes on', async () => {
    let finish: (value: Value) => void = () => undefined;
    const host = hostWith(manifest({ kind: 'function', call: () => new Promise<Value>((resolve) => (finish = resolve)) }));
    const first = asking(host);
    await Promise.resolve();
    approvals.set('own.double', 'revoked');
    const second = await asking(host);
    finish(7);
    expect([await first, second]).toEqual(['7', "security: Security violation: call operation on capability 'own.double' not allowed in context: its approval was revoked"]);
    approvals.set('own.double', 'approved');
    const third = asking(host);
    await Promise.resolve();
    finish(8);
    expect(await third).toBe('8');
  });

  test('may not be called before it is approved, and the policy says what to do', () => {
    const host = hostWith({ ...double, id: 'own.new', approval: 'pending' });
    expect(host.policy.decide({ capability: 'own.new', args: [1] })).toMatchObject({
      allowed: false, kind: 'security', reason: 'nobody has approved it yet ("approval" in its manifest)',
      reasons: [{ rule: 'approval', id: 'pending', source: 'the manifest of own.new', cure: 'say "approval": "approved" in its manifest' }],
    });
  });
});

// ── HTTP ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function serve(answer: (seen: Seen) => { readonly status?: number; readonly body: string }): Promise<{ readonly origin: string; readonly host: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body };
      seen.push(one);
      const { status = 200, body: text } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin: `http://${host}`, host, seen };
}

describe('HTTP', () => {
  const weather = (origin: string, more: object = {}, http: object = {}) => ({
    capabilities: [{
      id: 'weather.today', input: '[:map [:city string] [:day int ?]]', output: 'number', effects: ['network'], secrets: ['KEY'], cost: 0.25, tokens: 2,
      http: { url: `${origin}/v1/{city}?x=1`, headers: { 'X-Key': 'k-{secret:KEY}' }, at: ['main', 'temps', 1], ...http }, ...more,
    }],
  });
  const SECRET = { secrets: (name: string) => Promise.resolve(name === 'KEY' ? 's3cret' : null) };

  test('fills in the URL and the headers, and takes the answer out of the body', async () => {
    const { origin, host, seen } = await serve(() => ({ body: '{"main": {"temps": [1, 21.5]}}' }));
    const { ask, used } = open(weather(origin), ['weather.today', `http=${host}`, 'secret=*'], { ...SECRET, run: 'run-1' });
    expect(await ask('weather.today', '{:city "São Paulo/x"}')).toBe('21.5');
    expect(seen).toMatchObject([{ method: 'GET', url: '/v1/S%C3%A3o%20Paulo%2Fx?x=1', headers: { 'x-key': 'k-s3cret', accept: 'application/json' }, body: '' }]);
    // sha256("rtfs/trace", NUL, "run-1") and sha256("rtfs/span", NUL, "run-1", NUL, "3/1"), their first 32 and 16 digits
    const { createHash } = await import('node:crypto');
    const digits = (text: string, count: number): string => createHash('sha256').update(text).digest('hex').slice(0, count);
    expect(seen[0]!.headers['traceparent']).toBe(`00-${digits('rtfs/trace\0run-1', 32)}-${digits('rtfs/span\0run-1\u00003/1', 16)}-01`);
    expect(used).toEqual([{ cost: 0.25, tokens: 2 }]);
  });

  test('sends the input, or some fields of it, as JSON', async () => {
    const { origin, host, seen } = await serve(() => ({ body: '3' }));
    const grants = ['weather.today', `http=${host}`, 'secret=*'];
    expect(await open(weather(origin, {}, { method: 'POST', at: [] }), grants, SECRET).ask('weather.today', '{:city "Rome" :day 2}')).toBe('3');
    expect(await open(weather(origin, {}, { method: 'PUT', at: [], body: ['day'] }), grants, SECRET).ask('weather.today', '{:city "Rome" :day 2}')).toBe('3');
    expect(seen.map((one) => [one.method, one.body])).toEqual([['POST', '{"city":"Rome","day":2}'], ['PUT', '{"day":2}']]);
  });

  test.each<[string, readonly string[], string]>([
    ['the host', ['weather.today', 'secret=*'], "security: Security violation: call operation on capability 'weather.today' not allowed in context: it asks a host: 127.0.0.1 is a loopback address and is not granted (to allow it: --allow http=HOST)"],
    ['the secret', ['weather.today', 'http=HOST'], "security: Security violation: call operation on capability 'weather.today' not allowed in context: it uses the secret KEY: the name \"KEY\" is not granted (to allow it: --allow secret=KEY)"],
    ['the capability', ['http=HOST', 'secret=*'], "security: Security violation: call operation on capability 'weather.today' not allowed in context: it is not granted (to allow it: --allow weather.today)"],
  ])('needs a grant for %s', async (_, grants, message) => {
    const { origin, host, seen } = await serve(() => ({ body: '3' }));
    const { ask } = open(weather(origin), grants.map((one) => one.replace('HOST', host)), SECRET);
    expect(await ask('weather.today', '"Rome"')).toBe(message.replaceAll('HOST', host));
    expect(seen).toEqual([]);
  });

  test.each<[string, { readonly status?: number; readonly body: string }, string]>([
    ['a refusal', { status: 404, body: 'no such city' }, 'host: weather.today: the service answered 404'],
    ['no JSON', { body: '<html>' }, 'host: weather.today: the service did not answer with JSON: expected a value at offset 0'],
    ['too little', { body: '{"main": {"temps": [1]}}' }, 'host: weather.today: the answer of the service has nothing at main.temps.1'],
    ['the wrong type', { body: '{"main": {"temps": [1, "warm"]}}' }, 'validation: Type validation error: answer of weather.today: Type mismatch: expected number, got string'],
  ])('fails when the service answers with %s', async (_, answer, message) => {
    const { origin, host } = await serve(() => answer);
    expect(await open(weather(origin), ['weather.today', `http=${host}`, 'secret=*'], SECRET).ask('weather.today', '"Rome"')).toBe(message);
  });

  test('says which secret is not there, and never what one is', async () => {
    const { origin, host } = await serve(() => ({ status: 500, body: 'x' }));
    const grants = ['weather.today', `http=${host}`, 'secret=*'];
    expect(await open(weather(origin), grants, { secrets: () => Promise.resolve(null) }).ask('weather.today', '"Rome"')).toBe('host: weather.today: the secret KEY is not there (set RTFS_SECRET_KEY)');
    const failed = await open(weather(origin), grants, SECRET).answer('weather.today', '"Rome"');
    expect(JSON.stringify(failed)).not.toContain('s3cret');
    const fromEnvironment = open(weather(origin), grants, { environment: (name) => (name === 'RTFS_SECRET_KEY' ? 'e-n-v-i-r' : undefined) });
    expect(await fromEnvironment.ask('weather.today', '"Rome"')).toBe('host: weather.today: the service answered 500');
  });
});

describe('templates', () => {
  const filling = { operation: 'a.b', input: MapValue.of(keyword('a'), MapValue.of(keyword('b'), 5), keyword('t'), keyword('x')), secret: () => Promise.resolve('S'), escape: (text: string) => `<${text}>` };

  test.each([['{a.b}/{t}', '<5>/<x>'], ['{{a}} {secret:K}', '{a} S'], ['', ''], ['plain', 'plain']])('%j becomes %j', async (template, text) => {
    expect([templateProblem(template, ['K']), await fill(template, filling)]).toEqual([null, text]);
  });

  test.each([['{c}', 'the input has no c'], ['{a}', 'a is {:b 5}, which cannot stand in a text']])('%j cannot be filled', async (template, problem) => {
    expect((await failureFrom(fill(template, filling))).message).toBe(`Invalid argument: a.b: ${problem}`);
  });
});

// ── Programs ───────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a program', () => {
  const worker = (script: string, more: object = {}, manifest: object = {}) => ({
    capabilities: [{ id: 'job.do', effects: [], process: { command: 'node', args: ['-e', script], ...more }, ...manifest }],
  });
  const READ = "let t = ''; process.stdin.on('data', (d) => (t += d)).on('end', () => { const input = JSON.parse(t);";
  const job = (script: string, more: object = {}, manifest: object = {}, options: Partial<HostOptions> = {}) => open(worker(script, more, manifest), ['job.do', 'process.spawn', 'secret=*'], options);

  test('gets the input as JSON and answers with JSON', async () => {
    expect(await job(`${READ} console.log(JSON.stringify({ sum: input.a + input.b })) })`, {}, { input: '[:map [:a int] [:b int]]' }).ask('job.do', '1 2')).toBe('{:sum 3}');
  });

  test('sees nothing of the environment but what it is given, in its own directory', () =>
    withDirectory(async (directory) => {
      const script = 'console.log(JSON.stringify([Object.keys(process.env).filter((n) => n !== "PWD" && n !== "SHLVL" && n !== "_" && n !== "OLDPWD").sort(), process.env.TOKEN, process.cwd()]))';
      const told = await job(script, { environment: { TOKEN: 't-{secret:K}' }, directory }, { secrets: ['K'] }, { secrets: () => Promise.resolve('S-e-c-r-e-t') }).ask('job.do', '');
      // What it was given does not come back.
      expect(told).toBe(`[["TOKEN"] "t-‹secret K›" ${JSON.stringify(directory)}]`);
    }));

  test('needs a grant for being started', async () => {
    expect(await open(worker('1'), ['job.do']).ask('job.do', '')).toBe(
      "security: Security violation: call operation on capability 'job.do' not allowed in context: it starts a program: it is not granted (to allow it: --allow process.spawn)",
    );
  });

  test('that never ends is ended when its time is over, and what it started with it', () =>
    withDirectory(async (directory) => {
      const script = `const { pid } = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
        require('fs').writeFileSync('pid', String(pid)); for (;;) {}`;
      expect(await job(script, { directory }, { 'timeout-ms': 2000 }).ask('job.do', '')).toBe('timeout: Timeout: job.do took longer than 2000 ms');
      const pid = Number(await readFile(path.join(directory, 'pid'), 'utf8'));
      const isThere = (): boolean => {
        try {
          return process.kill(pid, 0);
        } catch {
          return false;
        }
      };
      while (isThere()) await new Promise((resolve) => setTimeout(resolve, 10)); // fails by the test's own time
    }));

  test('that eats memory is ended at its limit', async () => {
    const script = 'const all = []; const eat = () => { all.push(Buffer.alloc(8 << 20, 1)); setTimeout(eat, 5) }; eat()';
    expect(await job(script, { 'memory-mib': 128 }, { 'timeout-ms': 60_000 }).ask('job.do', '')).toBe('host: job.do: the program used more than 128 MiB of memory and was ended (limit: memory-mib)');
  });

  test('that writes without end is ended at its limit', async () => {
    const script = "const go = () => { while (process.stdout.write('x'.repeat(65536))); process.stdout.once('drain', go) }; go()";
    expect(await job(script, { 'max-bytes': 100_000 }, { 'timeout-ms': 60_000 }).ask('job.do', '')).toBe('host: job.do: the program wrote more than 100000 bytes and was ended (limit: max-bytes)');
  });

  test.each<[string, string, object, string]>([
    ['with a code', 'console.error("no paper"); process.exit(3)', {}, 'host: job.do: the program ended with code 3'],
    ['by a signal', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)', {}, 'host: job.do: the program ended by SIGTERM'],
    ['without JSON', 'console.log("done")', {}, 'host: job.do: the program did not answer with JSON: expected a value at offset 0'],
    ['without UTF-8', 'process.stdout.write(Buffer.from([255]))', {}, 'host: job.do: the program did not answer with JSON: not valid UTF-8 (byte 0xff at offset 0)'],
    ['before it began', '1', { command: 'there-is-no-such-program' }, 'host: job.do: there is no program "there-is-no-such-program"'],
    ['in no directory', '1', { directory: 'not/there' }, 'host: job.do: the program "node" cannot be started in "not/there"'],
  ])('that ends %s fails the call', async (_, script, more, message) => expect(await job(script, more).ask('job.do', '')).toBe(message));

  test('tells what it complained about, as data', async () => {
    const answer = await job('console.error("no paper"); process.exit(3)').answer('job.do', '');
    expect(answer.ok ? null : printValue(answer.error.data)).toBe('{:code 3 :stderr "no paper\\n"}');
  });

  test('that writes nothing answers with nil, and need not read its input', async () => {
    expect(await job('process.stdin.destroy()').ask('job.do', `"${'x'.repeat(200_000)}"`)).toBe('nil');
  });

  test('is ended when nobody waits any more', async () => {
    const abort = new AbortController();
    const answer = job('setInterval(() => {}, 1000)').ask('job.do', '', abort.signal);
    setTimeout(() => abort.abort(), 200);
    expect(await answer).toBe('cancelled: Cancelled: job.do');
  });

  test('is not told by a shell what its arguments mean', async () => {
    const strange = `"; echo $(id) 'x' \\ *`;
    const { ask } = open({ capabilities: [{ id: 'job.do', process: { command: 'node', args: ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', strange] } }] }, ['job.do', 'process.spawn']);
    expect(await ask('job.do', '')).toBe(printValue((readValue(`[${JSON.stringify(strange)}]`) as { value: Value }).value));
  });
});

// ── Functions written in RTFS ──────────────────────────────────────────────────────────────────────────────────────

describe('a function written in RTFS', () => {
  const own = (name: string, more: object = {}, uses: readonly string[] = []) => ({ id: `own.${name}`, effects: [], rtfs: { file: 'own.rtfs', function: name, uses }, ...more });
  const TEXT = `
    (defn area [w h] (* w h))
    (defn total [{:keys [items]}] (reduce + 0 items))
    (defn read [name] (call :fs.read name))
    (defn safe [name] (try (call :fs.read name) (catch :error/security e (:message e))))
    (defn broken [] (/ 1 0))
    (defn deep [n] (call :own.deep (+ n 1)))
    (defn forever [] (loop [] (recur)))
    (defn double [x] (* 2 x))
    (defn quadruple [x] (call :own.double (call :own.double x)))`;
  const FILE = {
    capabilities: [
      own('area', { input: '[:tuple int int]', output: 'int' }), own('total', { input: '[:map [:items [:vector int]]]' }), own('read', {}, ['fs.read']), own('safe', {}, ['time']), own('broken'),
      own('deep', {}, ['own']), own('forever', { 'timeout-ms': 300 }), own('double'), own('quadruple', { input: 'int' }, ['own.double']), own('missing'), { id: 'own.lost', rtfs: { file: 'lost.rtfs', function: 'f' } },
    ],
  };
  const withOwn = (use: (opened: Opened) => Promise<void>, grants: readonly string[] = ['own', 'fs.read=.']): Promise<void> =>
    withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'own.rtfs'), TEXT);
      await writeFile(path.join(directory, 'note.txt'), 'hello');
      await use(open(FILE, grants, { baseDirectory: directory }));
    });

  test.each<[string, string, string]>([
    ['own.area', '6 7', '42'],
    ['own.area', '6 "7"', 'validation: Type validation error: input of own.area: Type mismatch at [1]: expected int, got string'],
    ['own.total', '[1 2 3]', '6'],
    ['own.total', '{:items [4 5]}', '9'],
    ['own.read', '"note.txt"', '"hello"'],
    ['own.quadruple', '5', '20'],
    ['own.broken', '', 'host: own.broken: Division by zero'],
    ['own.missing', '', 'capability: own.rtfs: undefined name `missing`'],
    ['own.lost', '', 'capability: the file "lost.rtfs" cannot be read'],
  ])('%s with %s gives %s', (id, args, expected) => withOwn(async ({ ask }) => expect(await ask(id, args)).toBe(expected)));

  test('takes what is left of its caller\'s budget, and what it took counts for its caller', () =>
    withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'own.rtfs'), '(defn greedy [n] (loop [i 0] (if (< i n) (recur (do (call :own.one i) (inc i))) i)))');
      const one = { id: 'own.one', effects: [], rtfs: { file: 'one.rtfs', function: 'f' } };
      await writeFile(path.join(directory, 'one.rtfs'), '(defn f [x] x)');
      const file = readCapabilities(JSON.stringify({ capabilities: [{ id: 'own.greedy', effects: [], rtfs: { file: 'own.rtfs', function: 'greedy', uses: ['own.one'] } }, one] }), 'c.json');
      if (!file.ok) throw new Error('the file cannot be read');
      const host = openHost({ grants: [{ capability: 'own', scope: null }], declared: file.value, language: testEnvironment, baseDirectory: directory, console: new MemoryConsole(), budget: { calls: 6 } });
      closing.push(host.close);
      const { program } = compile(testEnvironment(), { file: 'x.rtfs', text: '[(call :own.greedy 3) (try (call :own.greedy 3) (catch e (:message e)))]' });
      const result = await run(program!, host);
      // The function, its three calls; the second time the function, and one call of two.
      expect(result).toMatchObject({ kind: 'complete', spent: { calls: 6 } });
      expect(result.kind === 'complete' && printValue(result.value)).toMatch(/^\[3 "own\.greedy: Resource budget exhausted: calls \(policy: --budget; 0 of 1 left, 1 wanted/);
    }));

  test('may not do what its manifest does not name, though its caller may', () =>
    withOwn(async ({ ask }) => expect(await ask('own.safe', '"note.txt"')).toContain('the manifest of the function that calls it does not name it in \\"uses\\"')));

  test('may not do what its caller may not', () =>
    withOwn(async ({ ask }) => expect(await ask('own.read', '"note.txt"')).toMatch(/^security: own\.read: Security violation: .* outside the granted directories/), ['own']));

  test('calls others only so deep', () => withOwn(async ({ ask }) => expect(await ask('own.deep', '0')).toContain('more than 8 capabilities written in RTFS call one another')));

  test('that never ends is given up', () => withOwn(async ({ ask }) => expect(await ask('own.forever', '')).toBe('timeout: Timeout: own.forever took longer than 300 ms')));

  test('cannot be called where there is no reader', () =>
    withDirectory(async (directory) => {
      const host = openHost({ grants: [{ capability: '*', scope: '*' }], console: new MemoryConsole(), baseDirectory: directory, declared: (readCapabilities(JSON.stringify(FILE), 'c.json') as { value: HostOptions['declared'] & object }).value });
      expect(textOf(await answerOf(host, 'own.area', '1 2', new AbortController().signal, [], undefined))).toBe('capability: own.area: functions written in RTFS cannot be run here: the host has no reader');
    }));
});

