/**
 * A worker: carries on branches of other processes' runs. Over HTTP, as the protocol: the method is `branch`, its parameters `state` (sealed, with
 * the code in it), `path`, `run`, `session`, `paced`, `grants`, `leaseMs`, and what stands above the grants: `policy` (as text) with its name `policyName`,
 * and `strict`. The answer is lines: `alive` notifications, so that whoever waits knows that the worker is there; `turns`, what the branch was answered with
 * (sealed), with `last` when it has ended with that; `begins` before each call that must not be made twice; then the result: `home`, that the branch goes on
 * there, `state`, the hash of the branch as it stands, and `run`, `seq` and `hash` of the last record of the log. When the connection ends, so does the work.
 *
 * `paced`: no call is made that follows from what was told before `proceed` (with `session`, and how many lines of `turns` that is for) says so, and calls
 * that must not be made twice are left to home.
 */
import { branchAt } from '../../evaluator/branch.ts';
import { quoteJson } from '../../value/json-write.ts';
import type { MapValue } from '../../value/map.ts';
import type { Environment } from '../compile.ts';
import type { Keeping } from '../durable/driver.ts';
import type { Keys } from '../journal/signature.ts';
import type { LoopHost } from '../loop.ts';
import type { Grant } from '../port.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../protocol/http.ts';
import { Params } from '../protocol/params.ts';
import { errorText, type JsonText, notificationText, objectText, readMessages, resultText, RPC_CODES, RpcError } from '../protocol/rpc.ts';
import { Tokens } from '../protocol/token.ts';
import { StoreProblem } from '../store/port.ts';
import { carryBranch, type Home } from './carry.ts';
import { readCeiling, underCeiling } from './ceiling.ts';
import { branchHash } from './lease.ts';
import { type BranchLog, openBranchLog } from './log.ts';

export interface WorkerOptions extends HttpOptions {
  readonly environment: Environment;
  /** Those of whoever gives out branches, or keys that know theirs. */
  readonly keys: Keys;
  /** What branches are carried on with that were given these grants: never more than the worker itself has. */
  readonly hostFor: (grants: readonly Grant[]) => WorkerHost | Promise<WorkerHost>;
  /** Keeps a log of each branch that is carried on, as a run of its own. Null, or absent: none is kept. */
  readonly keeping?: Keeping | null;
  /** Absolute: where relative paths of calls start for the policies of those who give out branches. The working directory unless given. */
  readonly baseDirectory?: string;
}

type WorkerHost = LoopHost & { readonly close: () => Promise<void> };

const MESSAGE_MAX = 64 * 1024 * 1024;
const LEASE_MS_MIN = 100;
const LEASE_MS_MAX = 600_000;

export function serveWorker(options: WorkerOptions): Promise<HttpService> {
  const worker = new Worker(options);
  const follow = (text: string, write: Write, signal: AbortSignal): Promise<void> => worker.answer(text, write, signal);
  return serveHttp({ messageMax: MESSAGE_MAX, follow }, options);
}

/** Resolves when the line has left this process. */
type Write = (line: string) => Promise<void>;

/** How far home has come with what it was told. */
class Pace {
  told = 0;
  private done = 0;
  private readonly signal: AbortSignal;
  private wake: () => void = () => undefined;

  /** The signal: nobody waits for the branch any more. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  proceed(done: number): void {
    this.done = Math.max(this.done, done);
    this.wake();
  }

  mayGoOn(): Promise<void> | null {
    return this.done >= this.told ? null : this.wait();
  }

  private async wait(): Promise<void> {
    while (this.done < this.told && !this.signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

const NAMES = ['state', 'path', 'run', 'session', 'paced', 'grants', 'leaseMs', 'policy', 'policyName', 'strict'];

class Worker {
  private readonly options: WorkerOptions;
  private readonly tokens: Tokens;
  private readonly paces = new Map<string, Pace>();

  constructor(options: WorkerOptions) {
    this.options = options;
    this.tokens = new Tokens(options.environment, options.keys);
  }

  async answer(text: string, write: Write, signal: AbortSignal): Promise<void> {
    const messages = readMessages(text);
    const read = messages.kind === 'one' ? messages.read : { ok: false as const, id: null, error: messages.kind === 'unreadable' ? messages.error : new RpcError(RPC_CODES.request, 'a worker takes one branch at a time') };
    if (!read.ok) return write(errorText(read.id, read.error));
    const { id, method, params } = read.request;
    try {
      await write(resultText(id ?? 'null', await this.result(method, params, write, signal)));
    } catch (cause) {
      const told = cause instanceof StoreProblem ? new RpcError(RPC_CODES.answers, `its log cannot be written: ${cause.message}`) : cause;
      await write(errorText(id, told instanceof RpcError ? told : new RpcError(RPC_CODES.internal, 'internal error: this is a defect of rtfs, not of the request; please report it')));
    }
  }

  private async result(method: string, params: MapValue, write: Write, signal: AbortSignal): Promise<JsonText> {
    switch (method) {
      case 'branch':
        return this.carry(new Params(params, NAMES), write, signal);
      case 'proceed':
        return this.proceed(new Params(params, ['session', 'turns']));
      default:
        throw new RpcError(RPC_CODES.method, `there is no method ${method.slice(0, 100)}; a worker has branch and proceed`);
    }
  }

  private proceed(params: Params): JsonText {
    const done = params.count('turns', 0, Number.MAX_SAFE_INTEGER);
    const pace = this.paces.get(params.text('session'));
    if (pace === undefined) return params.refuse('session', 'is none of a branch that is carried on here');
    pace.proceed(done);
    return 'true';
  }

  private async carry(params: Params, write: Write, signal: AbortSignal): Promise<JsonText> {
    const { hostFor, baseDirectory = process.cwd(), keeping = null } = this.options;
    const leaseMs = params.count('leaseMs', LEASE_MS_MIN, LEASE_MS_MAX);
    const grants = params.objects('grants', ['capability', 'scope']).map((grant) => ({ capability: grant.text('capability'), scope: grant.optionalText('scope') }));
    const [path, run, session, paced] = [params.text('path'), params.text('run'), params.text('session'), params.flag('paced')];
    const ceiling = readCeiling(params.optionalText('policyName') ?? 'policy', params.optionalText('policy'), params.flag('strict'));
    if (!ceiling.ok) return params.refuse('policy', `cannot be read: ${ceiling.error[0]?.message ?? ''}`);
    const opened = this.tokens.openState(params.text('state'));
    if (!opened.ok) throw new RpcError(RPC_CODES.state, opened.error.message, objectText({ reason: quoteJson(opened.error.reason) }));
    const { code, state } = opened.value;
    const given = branchAt(state, path);
    if (given === null) return params.refuse('path', 'is that of no branch of the state');
    const host = await hostFor(grants);
    const alive = setInterval(() => void write(notificationText('alive', objectText({ path: quoteJson(path) }))), leaseMs / 3);
    const pace = new Pace(signal);
    this.paces.set(session, pace);
    const home: Home = {
      run,
      turns: (turns, isLast) => {
        const sealed = this.tokens.sealTurns(session, pace.told++, turns);
        void write(notificationText('turns', objectText({ turns: quoteJson(sealed), last: String(isLast) })));
      },
      begins: (key) => write(notificationText('begins', objectText({ call: quoteJson(key) }))),
      keepsLive: paced,
      mayGoOn: () => (paced ? pace.mayGoOn() : null),
    };
    let log: BranchLog | null = null;
    try {
      if (keeping !== null) log = await openBranchLog(keeping, { program: code.program, branch: given, run });
      const carried = await carryBranch(state, path, home, underCeiling(host, ceiling.value, grants, baseDirectory), signal, log?.recorder ?? null);
      if (!carried.ok) throw new RpcError(RPC_CODES.answers, carried.error);
      const { branch, comesHome } = carried.value;
      const last = (await log?.end(branch, comesHome)) ?? null;
      const written: Readonly<Record<string, JsonText>> = last === null ? {} : { run: quoteJson(last.run), seq: String(last.seq), hash: quoteJson(last.hash) };
      return objectText({ home: String(comesHome), state: quoteJson(branchHash(branch)), ...written });
    } finally {
      clearInterval(alive);
      this.paces.delete(session);
      await log?.close();
      await host.close();
    }
  }
}
