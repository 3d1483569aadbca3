/**
 * Calls as programs of their own, each confined: its own group of processes, an environment with nothing in it, a working directory, and
 * limits of time, memory and output. Whatever goes beyond a limit is killed with everything that it started.
 *
 * The system's own limit of data (`ulimit -d`) stands behind the watch, for what grows faster than the watch looks. Where there is no
 * `/proc`, that limit is all there is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MapValue } from '../../value/map.ts';
import { writeJson } from '../../value/json-write.ts';
import { keyword, type Value } from '../../value/value.ts';
import { argumentFailure, HostFailure, shown } from '../failure.ts';
import { readJson } from '../json.ts';
import { decodeText } from '../text.ts';
import type { Execution } from './dispatch.ts';
import type { ProcessExecutor } from './executor.ts';
import { authorized, SPAWN, withoutSecrets } from './ports.ts';
import { fillAll, type Filling } from './template.ts';

const WATCH_MS = 25;
const COMPLAINT_BYTES = 4096;
const MIB = 1024 * 1024;

export function executeProcess(executor: ProcessExecutor, execution: Execution): Promise<Value> {
  return withoutSecrets(execution.ports, execution.context, ({ secret }) => runProgram(executor, execution, secret));
}

async function runProgram(executor: ProcessExecutor, { input, context, ports }: Execution, secret: Filling['secret']): Promise<Value> {
  const operation = context.name;
  authorized(ports, operation, SPAWN, [executor.command], 'it starts a program');
  const json = writeJson(input);
  if (!json.ok) throw argumentFailure(operation, json.error.message);
  const environment = await fillAll(executor.environment, { operation, input, secret, escape: (field) => field });
  const command = await programOf(executor.command, ports.baseDirectory);
  if (command === null) throw new HostFailure('host', `${operation}: there is no program ${shown(executor.command)}`);
  const worker = new Worker(executor, command, path.resolve(ports.baseDirectory, executor.directory), Object.fromEntries(environment));
  const ended = await worker.run(`${json.value}\n`, context.signal);
  return answerOf(operation, executor, ended);
}

/** The file that a command means: as the shell would look for it, relative paths from the project. Null when there is none. */
export async function programOf(command: string, baseDirectory: string): Promise<string | null> {
  if (command === 'node') return process.execPath;
  const directories = command.includes('/') ? [baseDirectory] : (process.env['PATH'] ?? '').split(path.delimiter).filter((one) => one !== '');
  for (const directory of directories) {
    const file = path.resolve(directory, command);
    if (await access(file, constants.X_OK).then(() => true, () => false)) return file;
  }
  return null;
}

type Reason = 'memory' | 'output' | 'cancelled';

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it was killed; null when it ended by itself. */
  readonly reason: Reason | 'not-started' | null;
  readonly output: Buffer;
  readonly complaint: string;
}

class Worker {
  private readonly executor: ProcessExecutor;
  private readonly child: ChildProcess;
  private readonly output: Buffer[] = [];
  private outputBytes = 0;
  private complaint = Buffer.alloc(0);
  private reason: Ended['reason'] = null;

  constructor(executor: ProcessExecutor, command: string, directory: string, environment: Readonly<Record<string, string>>) {
    this.executor = executor;
    // The shell sets the limit and becomes the program; names and arguments are never read by it.
    const script = 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"';
    const dataKib = String((2 * executor.memoryMib + 64) * 1024);
    this.child = spawn('/bin/sh', ['-c', script, 'sh', dataKib, command, ...executor.args], { cwd: directory, env: { ...environment }, detached: true, stdio: 'pipe' });
  }

  async run(input: string, signal: AbortSignal): Promise<Ended> {
    const { child } = this;
    const cancel = (): void => this.kill('cancelled');
    child.stdout!.on('data', (bytes: Buffer) => this.take(bytes));
    child.stderr!.on('data', (bytes: Buffer) => (this.complaint = Buffer.concat([this.complaint, bytes]).subarray(-COMPLAINT_BYTES)));
    child.stdin!.on('error', () => undefined); // a program need not read its input
    const closed = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) => {
      child.on('error', () => {
        this.reason = 'not-started';
        resolve({ code: null, signal: null });
      });
      child.on('close', (code, how) => resolve({ code, signal: how }));
    });
    child.stdin!.end(input);
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    const watch = setInterval(() => void this.watch(), WATCH_MS);
    try {
      const { code, signal: how } = await closed;
      return { code, signal: how, reason: this.reason, output: Buffer.concat(this.output), complaint: this.complaint.toString('utf8') };
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', cancel);
      this.killGroup(); // what it started and left behind
    }
  }

  private take(bytes: Buffer): void {
    this.outputBytes += bytes.length;
    if (this.outputBytes > this.executor.maxBytes) this.kill('output');
    else this.output.push(bytes);
  }

  private async watch(): Promise<void> {
    const { pid } = this.child;
    if (pid !== undefined && (await residentBytes(pid)) > this.executor.memoryMib * MIB) this.kill('memory');
  }

  private kill(reason: Reason): void {
    this.reason ??= reason;
    this.killGroup();
  }

  private killGroup(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (cause) {
      // It has ended already; anything else would be a defect.
      if (!(cause instanceof Error && 'code' in cause && (cause.code === 'ESRCH' || cause.code === 'EPERM'))) throw cause;
    }
  }
}

/** Of a process and all its descendants; 0 where the system does not tell. */
async function residentBytes(root: number): Promise<number> {
  const open = [root];
  let pages = 0;
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const [size, children] = await Promise.all([textOf(`/proc/${pid}/statm`), textOf(`/proc/${pid}/task/${pid}/children`)]);
    pages += Number(size.split(' ')[1] ?? 0);
    open.push(...children.split(' ').filter((one) => one !== '').map(Number));
  }
  return pages * 4096;
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function answerOf(operation: string, executor: ProcessExecutor, ended: Ended): Value {
  switch (ended.reason) {
    case 'memory':
      throw new HostFailure('host', `${operation}: the program used more than ${executor.memoryMib} MiB of memory and was ended (limit: memory-mib)`);
    case 'output':
      throw new HostFailure('host', `${operation}: the program wrote more than ${executor.maxBytes} bytes and was ended (limit: max-bytes)`);
    case 'cancelled':
      throw new HostFailure('cancelled', `Cancelled: ${operation}`);
    case 'not-started':
      throw new HostFailure('host', `${operation}: the program ${shown(executor.command)} cannot be started in ${shown(executor.directory)}`);
    case null:
      return answerOfEnded(operation, ended);
  }
}

function answerOfEnded(operation: string, { code, signal, output, complaint }: Ended): Value {
  if (code !== 0) {
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    throw new HostFailure('host', `${operation}: the program ended ${how}`, MapValue.of(keyword('code'), code, keyword('stderr'), complaint));
  }
  const text = decodeText(output, 'utf-8');
  const value = text.ok ? (text.value.trim() === '' ? { ok: true as const, value: null } : readJson(text.value)) : text;
  if (value.ok) return value.value;
  throw new HostFailure('host', `${operation}: the program did not answer with JSON: ${value.error}`);
}
