/** Runs that outlive their process, as users meet them: real processes, a real file, `kill -9`. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directory, type Ended, ended, rtfs, start } from './rtfs.ts';

const STORE = ['--store', 'runs.db'];

interface Document {
  readonly status: string;
  readonly value: string | null;
  readonly run: string;
  readonly waits?: readonly { readonly call: string; readonly kind: string; readonly question: string | null }[];
}

function documentOf(out: string): Document {
  return JSON.parse(out) as Document;
}

async function runsIn(cwd: string): Promise<readonly { readonly run: string; readonly status: string; readonly records: number }[]> {
  return JSON.parse((await rtfs(['runs', ...STORE, '--json'], { cwd })).out) as { run: string; status: string; records: number }[];
}

/** Looks again and again until it is so; a time that no machine needs ends it. */
async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await so()); i++) {
    if (i > 3_000) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a question to a person', () => {
  const ASKING = '(step "hire" (let [name (call :user.ask "Who?")] (call :fs.write "who.txt" name) (str "hello " name)))';
  const begin = (cwd: string, more: readonly string[] = []) => rtfs(['run', ...STORE, '--id', 'hire', '--allow', 'user.ask', '--allow', 'fs=.', ...more, '-e', ASKING], { cwd });

  test('puts the run away, says how to answer, and exits with 3', async () => {
    const cwd = directory();
    const { code, out, err } = await begin(cwd);
    expect([code, out]).toEqual([3, '']);
    expect(err).toBe('paused: run hire\n  call 2 :user.ask asks: Who?\n    rtfs answer hire 2 VALUE --store runs.db\n');
    expect(await runsIn(cwd)).toMatchObject([{ run: 'hire', status: 'waiting' }]);
  });

  test('as JSON is in the document', async () => {
    const { code, out } = await begin(directory(), ['--json']);
    expect(code).toBe(3);
    expect(documentOf(out)).toMatchObject({ status: 'paused', run: 'hire', waits: [{ call: '2', kind: 'person', question: 'Who?' }] });
  });

  test('is answered by another process, which ends the run', async () => {
    const cwd = directory();
    await begin(cwd);
    const { code, out, err } = await rtfs(['answer', 'hire', '2', 'Ann', ...STORE, '--as', 'human:bob'], { cwd });
    expect([code, out, err]).toEqual([0, '"hello Ann"\n', '']);
    expect(readFileSync(join(cwd, 'who.txt'), 'utf8')).toBe('Ann');
    const log = (await rtfs(['log', 'hire', ...STORE, '--json'], { cwd })).out.trim().split('\n').map((line) => JSON.parse(line) as { kind: string; data?: { who?: string; value?: unknown } });
    expect(log.map(({ kind }) => kind)).toEqual([
      'run-started', 'step-started', 'call-requested', 'checkpoint', 'run-waiting', 'run-resumed', 'call-answered', 'call-requested', 'call-answered', 'step-completed', 'run-complete',
    ]);
    expect(log[6]?.data).toMatchObject({ who: 'human:bob', value: 'Ann' });
  });

  test.each<[string, string[], number, string]>([
    ['a call that does not wait', ['answer', 'hire', '9', 'x'], 2, 'the run does not wait for an answer to call 9'],
    ['a run that is not there', ['answer', 'fire', '2', 'x'], 2, 'there is no run fire'],
    ['approval that nobody asked for', ['approve', 'hire'], 2, 'no call of the run hire waits for approval'],
    ['nothing', ['answer', 'hire', '2'], 2, 'expected a value or --again'],
    ['a value and that it shall be made again', ['answer', 'hire', '2', 'x', '--again'], 2, 'expected a value or --again'],
    ['that a question shall be made again', ['answer', 'hire', '2', '--again'], 3, 'paused: run hire'],
  ])('%s is answered with a clear message', async (_, args, code, message) => {
    const cwd = directory();
    await begin(cwd);
    const told = await rtfs([...args, ...STORE], { cwd });
    expect(told.code).toBe(code);
    expect(told.err).toContain(message);
  });

  test('may wait for a while only', async () => {
    const cwd = directory();
    const plan = '(try ^{:timeout-ms 1} (call :user.ask "Quick?") (catch e (:message e)))';
    const { code, out } = await rtfs(['run', ...STORE, '--allow', 'user.ask', '-e', plan], { cwd });
    expect([code, out]).toEqual([0, '"Timeout: user.ask took longer than 1 ms"\n']);
  });
});

describe('kill -9', () => {
  const PLAN = '(loop [i 0] (if (< i 40) (do (call :fs.append "log.txt" (str i "\\n")) (call :time.sleep 20) (recur (inc i))) i))';

  test('loses nothing and repeats nothing, however often it comes', async () => {
    const cwd = directory();
    const log = join(cwd, 'log.txt');
    const lines = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter((line) => line !== '') : []);
    let command = ['run', ...STORE, '--id', 'night', '--allow', 'fs=.', '--allow', 'time', '--checkpoint', '7', '-e', PLAN];
    const kills = [3, 12, 25];
    let last: Ended;
    for (;;) {
      const child = start(command, { cwd });
      let isOver = false;
      const over = ended(child).finally(() => (isOver = true));
      const wanted = kills[0] ?? Number.POSITIVE_INFINITY;
      await until(() => isOver || lines().length >= wanted);
      if (!isOver) {
        kills.shift();
        child.kill('SIGKILL');
      }
      last = await over;
      if (last.code === 0) break;
      command = ['resume', 'night', ...STORE];
      if (last.code !== 3) continue;
      // It was killed while a line was being written: whoever looks at the file knows whether it is there.
      const [, call = ''] = /rtfs answer night (\d+) --again/.exec(last.err) ?? [];
      command = ['answer', 'night', call, ...(lines().length >= (Number(call) + 1) / 2 ? ['nil'] : ['--again']), ...STORE];
    }
    expect(kills).toEqual([]);
    expect([last.code, last.out]).toEqual([0, '40\n']);
    expect(lines()).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
  }, 120_000);

  test('in the middle of two processes that want one run: one of them has it', async () => {
    const cwd = directory();
    const first = start(['run', ...STORE, '--id', 'one', '--allow', 'fs=.', '--allow', 'time', '-e', PLAN], { cwd });
    const over = ended(first);
    await until(() => existsSync(join(cwd, 'log.txt')));
    const second = await rtfs(['resume', 'one', ...STORE], { cwd });
    expect(second.code).toBe(2);
    expect(second.err).toContain(`process ${first.pid} on`);
    first.kill('SIGKILL');
    await over;
    const both = await Promise.all([1, 2].map(() => rtfs(['resume', 'one', ...STORE, '--json'], { cwd })));
    // One of them drives it; the other is refused, or comes when the first has come to a question and let go.
    expect(both.map(({ code }) => code).sort().join(' ')).toMatch(/^(0 2|2 3|3 3)$/);
    const lines = readFileSync(join(cwd, 'log.txt'), 'utf8').trim().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
  }, 120_000);
});

describe('stopping', () => {
  test('Ctrl-C leaves the run where it is, and cancelling it undoes what was begun', async () => {
    const cwd = directory();
    const plan = '(step "all" (step "a" :compensate (fn [_] (call :fs.write "undone.txt" "yes")) (call :fs.write "done.txt" "yes")) (call :time.sleep 600000))';
    const child = start(['run', ...STORE, '--id', 'trip', '--allow', 'fs=.', '--allow', 'time', '-e', plan], { cwd });
    const over = ended(child);
    await until(() => existsSync(join(cwd, 'done.txt')));
    // The file is there before its answer is in the journal.
    await until(async () => (await rtfs(['log', 'trip', ...STORE, '--kind', 'call-answered'], { cwd })).out.includes('call-answered'));
    child.kill('SIGINT');
    const stopped = await over;
    expect(stopped.code).toBe(130);
    expect(stopped.err).toBe('interrupted: `rtfs resume trip --store runs.db` goes on, `rtfs cancel trip --store runs.db` undoes what was begun\n');
    expect(existsSync(join(cwd, 'undone.txt'))).toBe(false);
    const cancelled = await rtfs(['cancel', 'trip', ...STORE, '--reason', 'no money', '--as', 'human:ann'], { cwd });
    expect(cancelled.code).toBe(1);
    expect(cancelled.err).toContain('no money');
    expect(existsSync(join(cwd, 'undone.txt'))).toBe(true);
    expect(await runsIn(cwd)).toMatchObject([{ run: 'trip', status: 'cancelled' }]);
    expect((await rtfs(['resume', 'trip', ...STORE], { cwd })).err).toContain('the run trip is over: it is cancelled');
  });

  test('--no-wait puts a run away that waits for time, and it is due when it is taken up', async () => {
    const cwd = directory();
    const plan = '(do (call :time.sleep 3000) :awake)';
    const first = await rtfs(['run', ...STORE, '--id', 'nap', '--allow', 'time', '--no-wait', '-e', plan], { cwd });
    expect(first.code).toBe(3);
    expect(first.err).toContain('call 1 :time.sleep waits until');
    const second = await rtfs(['resume', 'nap', ...STORE], { cwd });
    expect([second.code, second.out]).toEqual([0, ':awake\n']);
  });
});

describe('a store', () => {
  const begin = async (cwd: string): Promise<void> => {
    await rtfs(['run', ...STORE, '--id', 'a', '--allow', 'time', '-e', '(loop [i 0] (if (< i 60) (do (call :time.now) (recur (inc i))) i))'], { cwd });
    await rtfs(['run', ...STORE, '--id', 'b', '--allow', 'user.ask', '-e', '(call :user.ask "?")'], { cwd });
  };

  test('is verified whole', async () => {
    const cwd = directory();
    await begin(cwd);
    const { code, out } = await rtfs(['verify', 'runs.db'], { cwd });
    expect(code).toBe(0);
    expect(out).toMatch(/^good: 2 runs, \d+ records, \d+ pieces of content\n$/);
  });

  test('with a byte of a record changed names the first bad record', async () => {
    const cwd = directory();
    await begin(cwd);
    const database = new Database(join(cwd, 'runs.db'));
    // A row ends with its last record.
    const [row] = database.prepare("SELECT records.number, seq, bytes FROM records JOIN runs ON runs.number = run WHERE runs.id = 'a' AND seq >= 20 ORDER BY seq").all() as { number: number; seq: number; bytes: Buffer }[];
    const bytes = Buffer.from(row!.bytes);
    bytes[bytes.length - 2]! ^= 1;
    database.prepare('UPDATE records SET bytes = ? WHERE number = ?').run(bytes, row!.number);
    database.close();
    const { code, out } = await rtfs(['verify', ...STORE, '--json'], { cwd });
    expect(code).toBe(1);
    const report = JSON.parse(out) as { ok: boolean; runs: { run: string; fault: { seq: number } | null }[] };
    expect(report.ok).toBe(false);
    expect(report.runs.flatMap(({ run, fault }) => (fault === null ? [] : [[run, fault.seq]]))).toEqual([['a', row!.seq]]);
  });

  test('is counted, and given to others record by record', async () => {
    const cwd = directory();
    await begin(cwd);
    const records = (JSON.parse((await rtfs(['runs', ...STORE, '--json'], { cwd })).out) as { records: number }[]).reduce((sum, row) => sum + row.records, 0);
    const { out, code } = await rtfs(['metrics', ...STORE], { cwd });
    const counted = [...out.matchAll(/^rtfs_records_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect([code, counted]).toEqual([0, records]);
    const otlp = JSON.parse((await rtfs(['metrics', ...STORE, '--format', 'otlp'], { cwd })).out) as { resourceMetrics: [{ scopeMetrics: [{ metrics: { name: string; sum?: { dataPoints: { asInt: string }[] } }[] }] }] };
    const told = otlp.resourceMetrics[0].scopeMetrics[0].metrics.find(({ name }) => name === 'rtfs_records_total')?.sum?.dataPoints;
    expect(told?.reduce((sum, { asInt }) => sum + Number(asInt), 0)).toBe(records);
    const samples = JSON.parse((await rtfs(['metrics', ...STORE, '--json'], { cwd })).out) as { name: string; value: number }[];
    expect(samples.filter(({ name }) => name === 'rtfs_records_total').reduce((sum, { value }) => sum + value, 0)).toBe(records);
    expect((await rtfs(['metrics', ...STORE, '--json', '--format', 'otlp'], { cwd })).code).toBe(2);
    expect((await rtfs(['export', 'all.jsonl', ...STORE], { cwd })).out).toBe(`${records} records added to all.jsonl\n`);
    expect((await rtfs(['export', 'all.jsonl', ...STORE, '--json'], { cwd })).out).toBe('{"records":0,"failures":[]}\n');
    const lines = readFileSync(join(cwd, 'all.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(Array.from({ length: records }, () => ['run', 'seq', 'timeMs', 'kind', 'data']));
    writeFileSync(join(cwd, 'notes.txt'), 'dear diary\n');
    expect(await rtfs(['export', 'notes.txt', ...STORE], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('cannot export to notes.txt: the file holds something else than records: name another') as string });
  });

  test('what nobody needs is removed from it, and what is needed stays', async () => {
    const cwd = directory();
    await begin(cwd);
    const first = JSON.parse((await rtfs(['gc', ...STORE, '--json'], { cwd })).out) as { contentRemoved: number; contentKept: number };
    expect(first.contentRemoved).toBeGreaterThan(0);
    expect((await rtfs(['verify', ...STORE], { cwd })).code).toBe(0);
    const { out } = await rtfs(['answer', 'b', '1', 'yes', ...STORE], { cwd });
    expect(out).toBe('"yes"\n');
    const last = JSON.parse((await rtfs(['gc', ...STORE, '--ended-before', '0s', '--json'], { cwd })).out) as { runsRemoved: number; contentKept: number };
    expect(last).toMatchObject({ runsRemoved: 2, contentKept: 0 });
  });

  test('cannot be made to allow more than was allowed', async () => {
    const cwd = directory();
    const plan = '(do (call :user.ask "?") (call :fs.write "x.txt" "x"))';
    await rtfs(['run', ...STORE, '--id', 'c', '--allow', 'user.ask', '--allow', 'fs=.', '-e', plan], { cwd });
    // Another user has other keys: what the store says was allowed counts for nothing there.
    const { code, err } = await rtfs(['answer', 'c', '1', 'yes', ...STORE], { cwd, env: { RTFS_HOME: join(cwd, 'other') } });
    expect(code).toBe(5);
    expect(err).toContain('is not known here');
    expect(existsSync(join(cwd, 'x.txt'))).toBe(false);
  });
});

describe('hints', () => {
  test('a wait between attempts survives the process, which the next one goes on with', async () => {
    const cwd = directory();
    const plan = '^{:runtime.learning.retry {:max-retries 2 :backoff-ms 1500}} (call :fs.read "later.txt")';
    const { code, err } = await rtfs(['run', ...STORE, '--id', 'r', '--allow', 'fs=.', '--no-wait', '-e', plan], { cwd });
    expect([code, err.split(' at ')[0]]).toEqual([3, 'paused: run r\n  call 1 :fs.read is tried again']);
    writeFileSync(join(cwd, 'later.txt'), 'there');
    expect(await rtfs(['resume', 'r', ...STORE], { cwd })).toMatchObject({ code: 0, out: '"there"\n' });
    const log = (await rtfs(['log', 'r', ...STORE, '--kind', 'hint-applied', '--json'], { cwd })).out.trim().split('\n').map((line) => JSON.parse(line) as { data: unknown });
    expect(log.map(({ data }) => data)).toMatchObject([{ call: '1', capability: 'fs.read' }]);
    expect(await rtfs(['replay', 'r', ...STORE], { cwd })).toMatchObject({ code: 0, out: expect.stringContaining('identical') as unknown });
  });
});

describe('a budget', () => {
  const PLAN = '(do (println 1) (call :user.ask "Go on?") (println 2) (println 3) :done)';

  test('counts on in the next process, can be given more, and is listed', async () => {
    const cwd = directory();
    const run = (id: string) => rtfs(['run', ...STORE, '--id', id, '--allow', 'user.ask', '--budget', 'calls=3,cost=2.5', '-e', PLAN], { cwd });
    await run('a');
    await run('b');
    expect(await rtfs(['answer', 'a', '2', 'yes', ...STORE], { cwd })).toMatchObject({ code: 6, out: '2\n', err: expect.stringContaining('Resource budget exhausted: calls (policy: --budget; 0 of 3 left, 1 wanted; to give it more: --budget calls=N)') as unknown });
    await rtfs(['answer', 'b', '2', 'yes', ...STORE, '--no-resume'], { cwd });
    expect(await rtfs(['resume', 'b', ...STORE, '--budget', 'calls=1'], { cwd })).toMatchObject({ code: 0, out: '2\n3\n:done\n' });
    const runs = JSON.parse((await rtfs(['runs', ...STORE, '--json'], { cwd })).out) as { run: string; budget: unknown }[];
    expect(runs.map(({ run: id, budget }) => [id, budget]).sort()).toMatchObject([['a', { used: { calls: 3 }, granted: { calls: 3, cost: 2.5 } }], ['b', { used: { calls: 4 }, granted: { calls: 4, cost: 2.5 } }]]);
    expect((await rtfs(['runs', ...STORE], { cwd })).out).toContain('calls 3 of 3, cost 0 of 2.5');
    expect((await rtfs(['why-denied', 'a', ...STORE], { cwd })).out).toBe(
      ':io.println was denied (call 4)\n  budget: 0 of 3 calls left, 1 wanted\n    decided by the budget of the run\n    to allow it: --budget calls=N\n',
    );
    expect((await rtfs(['why-denied', 'b', ...STORE], { cwd })).out).toBe('no call was denied\n');
    expect((await rtfs(['why-denied', 'a', '1', ...STORE], { cwd })).out).toBe('call 1 was not denied\n');
  });

  test.each<[string, string]>([
    ['call=3', 'there is no budget `call`'],
    ['calls', '`calls` does not say how much'],
    ['calls=1.5', '`calls=1.5` does not say how much'],
    ['cost=much', '`cost=much` does not say how much'],
  ])('%s is refused', async (budget, message) => {
    expect(await rtfs(['run', '--budget', budget, '-e', '1'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as unknown });
  });

  test('of a run that is not kept is counted too; what a policy says holds beside it', async () => {
    const cwd = directory({ 'p.json': '{"level": "full", "budget": {"calls": 2, "cost": 0.5}}' });
    const plan = '(do (println 1) (println 2) (println 3))';
    expect(await rtfs(['run', '--budget', 'calls=1', '-e', plan])).toMatchObject({ code: 6, out: '1\n' });
    expect(await rtfs(['run', '--budget', 'calls=9', '--policy', 'p.json', '-e', plan], { cwd })).toMatchObject({ code: 6, out: '1\n2\n', err: expect.stringContaining('policy: the policy p.json') as unknown });
    expect((await rtfs(['policy', 'p.json'], { cwd })).out).toContain('"cost": 0.5');
  });

  test('that is soft denies nothing: it is told, in the terminal, the stream, the journal and the list of runs', async () => {
    const cwd = directory({ 'soft.json': '{"level": "full", "budget": {"calls": 5}, "soft-budget": {"calls": 1, "cost": 2.5}}' });
    const plan = '(do (println 1) (println 2) (println 3))';
    const warning = 'warning: calls 2: more than the soft budget of 1\n';
    expect(await rtfs(['run', '--policy', 'soft.json', '-e', plan], { cwd })).toMatchObject({ code: 0, out: '1\n2\n3\n', err: warning });
    const stream = await rtfs(['run', '--policy', 'soft.json', '--json=stream', '-e', plan], { cwd });
    expect(stream.out).toContain('{"passed":{"budget":"calls","soft":1,"used":2}}\n');
    expect(stream.err).not.toContain('warning');
    expect(await rtfs(['run', '--policy', 'soft.json', ...STORE, '--id', 'soft', '-e', plan], { cwd })).toMatchObject({ code: 0, err: warning });
    expect((await rtfs(['log', 'soft', ...STORE], { cwd })).out).toMatch(/budget-passed +calls 2, more than 1\n/);
    expect((await rtfs(['runs', ...STORE], { cwd })).out).toContain('calls 3 of 5 (more than 1)');
    expect((await rtfs(['metrics', ...STORE], { cwd })).out).toContain('rtfs_records_total{kind="budget-passed"} 1\n');
    expect((await rtfs(['why-denied', 'soft', ...STORE], { cwd })).code).toBe(0);
  });
});

describe('capabilities of a project', () => {
  const CANARY = 'canary-9d41-of-a-secret';
  const seen: (readonly [string, string | undefined])[] = [];
  // Sends back what it was sent, as an answer or as a failure.
  const server = http.createServer((request, response) => {
    seen.push([request.url ?? '', request.headers['traceparent'] as string | undefined]);
    const key = String(request.headers['x-key']);
    response.writeHead(request.url === '/good' ? 200 : 500, { 'content-type': 'application/json' }).end(JSON.stringify({ key, base64: Buffer.from(CANARY).toString('base64') }));
  });
  let host = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('are given secrets, and none of them is written anywhere; requests carry the ids of run and call', async () => {
    const http = (path: string) => ({ url: `http://${host}/${path}`, headers: { 'X-Key': '{secret:KEY}' } });
    const script = 'console.error(process.env.TOKEN); console.log(JSON.stringify([process.env.TOKEN])); if (process.argv[1]) process.exit(3)';
    const program = (...args: string[]) => ({ command: 'node', args: ['-e', script, ...args], environment: { TOKEN: '{secret:KEY}' } });
    const common = { effects: ['network'], determinism: 'idempotent', secrets: ['KEY'] };
    const cwd = directory({
      'c.json': JSON.stringify({ capabilities: [
        { id: 'peer.good', ...common, http: http('good') }, { id: 'peer.bad', ...common, http: http('bad') },
        { id: 'own.good', ...common, process: program() }, { id: 'own.bad', ...common, process: program('fail') },
      ] }),
    });
    const plan = '(let [all [(call :peer.good) (try (call :peer.bad) (catch e (:data e))) (call :own.good) (try (call :own.bad) (catch e (:data e)))]] (println (str all)) (call :user.ask (str "Fine? " all)) all)';
    const grants = ['peer', 'own', 'process.spawn', 'secret=KEY', 'user.ask', `http=${host}`].flatMap((grant) => ['--allow', grant]);
    const env = { RTFS_SECRET_KEY: CANARY };
    const written = [await rtfs(['run', ...STORE, '--id', 'peer', '--capabilities', 'c.json', ...grants, '--json=stream', '-e', plan], { cwd, env })];
    expect(written[0]!.code).toBe(3);
    written.push(await rtfs(['answer', 'peer', '6', 'yes', ...STORE, '--capabilities', 'c.json'], { cwd, env }));
    expect(written[1]).toMatchObject({ code: 0, out: expect.stringContaining('‹secret KEY›') as unknown });
    for (const command of [['log', '--json'], ['log', '--tree'], ['replay'], ['runs']]) written.push(await rtfs([command[0]!, ...(command[0] === 'runs' ? [] : ['peer']), ...command.slice(1), ...STORE], { cwd }));
    expect(written.map(({ code }) => code)).toEqual([3, 0, 0, 0, 0, 0]);
    const texts = [...written.map(({ out, err }) => out + err), ...readdirSync(cwd).filter((file) => file.startsWith('runs.db')).map((file) => readFileSync(join(cwd, file), 'latin1'))];
    expect(texts.length).toBeGreaterThan(6);
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')]) expect(texts.filter((text) => text.includes(form))).toEqual([]);
    // The trace is the run, the span the call.
    const digits = (text: string, count: number): string => createHash('sha256').update(text).digest('hex').slice(0, count);
    const trace = (call: string): string => `00-${digits('rtfs/trace\0peer', 32)}-${digits(`rtfs/span\0peer\0${call}`, 16)}-01`;
    expect(seen).toEqual([['/good', trace('1')], ['/bad', trace('2')]]);
  });
});

describe('what cannot be', () => {
  test.each<[string, string[], string]>([
    ['a store that is no store', ['runs', '--store', 'plan.rtfs'], 'plan.rtfs'],
    ['a store that is not there', ['runs', '--store', 'none.db'], 'there is no store none.db'],
    ['no store at all', ['runs'], 'there is no store'],
    ['a checkpoint that is no time', ['run', ...STORE, '--checkpoint', 'often', '-e', '1'], '--checkpoint cannot be often'],
    ['an id without a store', ['run', '--id', 'x', '-e', '1'], '--id, --checkpoint and --no-wait are for runs that are kept'],
    ['an empty id', ['run', ...STORE, '--id', '', '-e', '1'], 'the id of a run cannot be empty'],
    ['an id of two lines', ['run', ...STORE, '--id', 'a\nb', '-e', '1'], 'the id "a\\nb" has control characters in it'],
    ['two stores', ['run', ...STORE, '--keep', '-e', '1'], '--store and --keep name two stores'],
    ['a log of nothing', ['log', 'x', '--store', 'runs.db'], 'there is no store runs.db'],
  ])('%s is refused with 2', async (_, args, message) => {
    const cwd = directory();
    writeFileSync(join(cwd, 'plan.rtfs'), '(+ 1 2) ; not a database, but long enough to look like something else altogether');
    const told = await rtfs(args, { cwd });
    expect(told.code).toBe(2);
    expect(told.err).toContain(message);
    expect(told.err).not.toContain('SqliteError');
  });

  test('what is said to a run that is over is refused, and what helps is said', async () => {
    const cwd = directory();
    await rtfs(['run', ...STORE, '--id', 'a', '-e', '1'], { cwd });
    for (const args of [['cancel', 'a'], ['answer', 'a', '1', 'x'], ['resume', 'a']]) {
      const told = await rtfs([...args, ...STORE], { cwd });
      expect(told.code).toBe(2);
      expect(told.err).toContain('the run a is over: it is complete');
      expect(told.err).toContain('`rtfs log RUN`');
    }
  });

  test('a kind of records that there is not is refused, and the one that was meant is named', async () => {
    const cwd = directory();
    await rtfs(['run', ...STORE, '--id', 'a', '-e', '1'], { cwd });
    const told = await rtfs(['log', 'a', ...STORE, '--kind', 'run-completed'], { cwd });
    expect(told.code).toBe(2);
    expect(told.err).toContain('there are no records of the kind run-completed');
    expect(told.err).toContain('did you mean run-complete?');
  });

  test('an id that is taken is refused', async () => {
    const cwd = directory();
    await rtfs(['run', ...STORE, '--id', 'a', '-e', '1'], { cwd });
    const again = await rtfs(['run', ...STORE, '--id', 'a', '-e', '1'], { cwd });
    expect(again.code).toBe(2);
    expect(again.err).toContain('a');
  });

  test('--keep uses the store of the project', async () => {
    const cwd = directory();
    expect((await rtfs(['run', '--keep', '--id', 'k', '-e', '(+ 1 2)'], { cwd })).out).toBe('3\n');
    expect(existsSync(join(cwd, '.rtfs', 'runs.db'))).toBe(true);
    expect((await rtfs(['runs'], { cwd })).out).toMatch(/^RUN +STATUS .*\nk +complete /);
  });
});
