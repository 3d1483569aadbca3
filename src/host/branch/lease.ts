/**
 * Giving branches to workers. A worker has a branch for as long as something is heard of it; when nothing is, or the connection ends, another one gets
 * the branch as it stands at home, with everything that the first one has told, so that its calls have the same ids and keys. A branch in which something was
 * begun that must not happen twice goes to no other worker: it goes on at home, where that call fails.
 *
 * The worker of a run that is kept makes no call that follows from an answer before that answer is written down at home (H1), and leaves calls
 * that must not happen twice to home, which knows what to do about them when it ends in their midst.
 */
import { fiberValue } from '../../evaluator/snapshot.ts';
import type { Fiber } from '../../evaluator/state.ts';
import { hashValue } from '../../value/hash.ts';
import type { Note } from '../book.ts';
import type { Environment, Program } from '../compile.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { Keys } from '../journal/signature.ts';
import type { Grant, WorkCapability } from '../port.ts';
import { Tokens } from '../protocol/token.ts';
import { type Ceiling, ceilingPolicyText } from './ceiling.ts';
import type { Parting, Partings } from './kernel.ts';
import { Session, type WorkerAddress } from './session.ts';
import { BRANCH_CAPABILITY, branchValue } from './turns.ts';

export interface WorkersOptions {
  /** Sign what is given out; workers must know them, and theirs must be known here. */
  readonly keys: Keys;
  readonly workers: readonly WorkerAddress[];
  /** What the branches may do, at most; no worker lets them do more than it may itself. */
  readonly grants: readonly Grant[];
  /** What stands above the grants, at home as there. Default: nothing. */
  readonly ceiling?: Ceiling;
  /** How long a worker may be silent. */
  readonly leaseMs?: number;
  /** Is told that a worker has lost a branch, and why. */
  readonly lost?: (worker: WorkerAddress, path: string, reason: string) => void;
}

export interface LeaseOptions extends WorkersOptions {
  readonly environment: Environment;
  /** The client's name of the run: a part of all idempotency keys. */
  readonly run: string;
}

const LEASE_MS = 10_000;

/** The branches of one run that workers have. */
export class Leases implements Partings {
  private readonly options: LeaseOptions;
  /** Writes down what is given out and what comes back; null: the run is not kept. */
  private readonly note: Note | null;
  private readonly tokens: Tokens;
  private readonly code: ReturnType<Tokens['codeOf']>;
  private readonly program: Pick<Program, 'main' | 'table'>;
  private readonly sessions = new Map<string, Lease>();
  /** Ids of calls of which nobody knows whether they were made. */
  readonly unsure = new Set<string>();
  private next = 0;

  constructor(program: Pick<Program, 'main' | 'table'>, options: LeaseOptions, note: Note | null) {
    this.program = program;
    this.options = options;
    this.note = note;
    this.tokens = new Tokens(options.environment, options.keys);
    this.code = this.tokens.codeOf(program);
  }

  /** Answers the calls of a `BranchKernel`. It fails when no worker is left that could carry the branch on. */
  capability(partingOf: (callId: string) => Parting | null): WorkCapability {
    return {
      id: BRANCH_CAPABILITY,
      summary: 'a branch, to be carried on by a worker',
      determinism: 'idempotent',
      call: async (_, { callId, signal }) => {
        const parting = partingOf(callId);
        if (parting === null) throw new HostFailure('host', 'nobody waits for that branch');
        return branchValue({ path: parting.branch.path, ...(await this.turnsOf(parting, signal)) });
      },
    };
  }

  parted = (paths: ReadonlySet<string>): void => {
    for (const [path, { session }] of this.sessions) {
      if (paths.has(path) || session.ending !== null) continue;
      session.close();
      this.sessions.delete(path);
    }
  };

  ended = (branch: Fiber): void => {
    const lease = this.sessions.get(branch.path);
    this.sessions.delete(branch.path);
    if (lease?.session.ending != null) this.returned(lease, branch);
  };

  closeAll(): void {
    for (const { session } of this.sessions.values()) session.close();
    this.sessions.clear();
  }

  /** What the branch was answered with since it was last asked for. */
  private async turnsOf({ branch, state }: Parting, signal: AbortSignal): Promise<Pick<Parameters<typeof branchValue>[0], 'turns' | 'comesHome'>> {
    const { path } = branch;
    const { workers, lost } = this.options;
    let lease: Lease | null = this.sessions.get(path) ?? null;
    // What it told was written down before it was asked for more.
    if (this.note !== null) lease?.session.proceed();
    const first = this.next++;
    const left = workers.map((_, index) => workers[(first + index) % workers.length]!).filter((one) => one !== lease?.worker);
    for (;;) {
      if (lease === null) {
        const worker = left.shift();
        if (worker === undefined) break;
        lease = this.begin(worker, { branch, state });
      }
      const told = await lease.session.next(signal);
      if (signal.aborted) {
        this.drop(path);
        throw cancelledFailure(BRANCH_CAPABILITY);
      }
      if (told.kind === 'turns') return { turns: told.turns, comesHome: false };
      this.drop(path);
      if (told.kind === 'done' && told.ending.comesHome) {
        this.returned(lease, branch);
        return { turns: [], comesHome: true };
      }
      lost?.(lease.worker, path, told.kind === 'lost' ? told.reason : 'it has ended the branch, which has not ended here');
      const { begun } = lease.session;
      lease = null;
      for (const call of begun) this.unsure.add(call);
      if (begun.size > 0) break;
    }
    throw new HostFailure('host', 'no worker could carry the branch on');
  }

  private begin(worker: WorkerAddress, parting: Parting): Lease {
    const { leaseMs = LEASE_MS } = this.options;
    const id = crypto.randomUUID();
    const lease = {
      worker,
      given: this.note === null ? '' : branchHash(parting.branch),
      session: new Session({ worker, id, leaseMs, body: this.message(id, parting), readTurns: (text, index) => this.tokens.openTurns(text, id, index, this.program.table) }),
    };
    this.note?.('branch-given', { path: parting.branch.path, state: lease.given, worker: worker.url });
    this.sessions.set(parting.branch.path, lease);
    return lease;
  }

  private message(session: string, { branch, state }: Parting): string {
    const { run, grants, ceiling, leaseMs = LEASE_MS } = this.options;
    const own = ceiling?.policy?.context.grants ?? [];
    const above = ceiling === undefined ? {} : { policy: ceilingPolicyText(ceiling), policyName: ceiling.policy?.name ?? null, strict: ceiling.strict };
    const sealed = this.tokens.sealState(this.code, state, run);
    const params = { state: sealed, path: branch.path, run, session, paced: this.note !== null, grants: [...own, ...grants].map(({ capability, scope }) => ({ capability, scope })), leaseMs, ...above };
    return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'branch', params });
  }

  private drop(path: string): void {
    this.sessions.get(path)?.session.close();
    this.sessions.delete(path);
  }

  private returned({ given, session }: Lease, branch: Fiber): void {
    if (this.note === null || session.ending === null) return;
    const state = branchHash(branch);
    const { log } = session.ending;
    this.note('branch-returned', {
      path: branch.path, given, state, 'worker-state': session.ending.state === state ? undefined : session.ending.state,
      run: log?.run, seq: log?.seq, hash: log?.hash,
    });
  }
}

interface Lease {
  readonly worker: WorkerAddress;
  readonly session: Session;
  /** The hash of the branch as it was given out; empty when the run is not kept. */
  readonly given: string;
}

/** Of a branch as it stands: the same at home and at the worker, which both write it down. */
export function branchHash(branch: Fiber): string {
  return hashValue(fiberValue(branch));
}
