/**
 * Giving branches to workers. A worker has a branch for as long as something is heard of it; when nothing is, or the connection ends, another one gets
 * the same branch in the same state, so that its calls have the same ids and keys. Which worker it was shows nowhere. A branch in which something was
 * begun that must not happen twice goes to no other worker: it goes on at home, where that call fails.
 */
import type { Environment } from '../compile.ts';
import { type Ceiling, ceilingPolicyText } from './ceiling.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { Keys } from '../journal/signature.ts';
import type { Grant, WorkCapability } from '../port.ts';
import { Tokens } from '../protocol/token.ts';
import type { Program } from '../compile.ts';
import { BRANCH_CAPABILITY, type BranchKernel, type Parting } from './kernel.ts';

export interface WorkerAddress {
  readonly url: string;
  readonly token: string | null;
}

export interface LeaseOptions {
  readonly environment: Environment;
  /** Sign what is given out; workers must know them, and theirs must be known here. */
  readonly keys: Keys;
  readonly workers: readonly WorkerAddress[];
  /** The client's name of the run: a part of all idempotency keys. */
  readonly run: string;
  /** What the branches may do, at most; no worker lets them do more than it may itself. */
  readonly grants: readonly Grant[];
  /** What stands above the grants, at home as there. Default: nothing. */
  readonly ceiling?: Ceiling;
  /** How long a worker may be silent. */
  readonly leaseMs?: number;
  /** Is told that a worker has lost a branch, and why. */
  readonly lost?: (worker: WorkerAddress, path: string, reason: string) => void;
}

const LEASE_MS = 10_000;

/**
 * The capability that answers the calls of a `BranchKernel`. It fails when no worker is left that could carry the branch on. The ids of calls of which nobody
 * knows whether they were made are added to `unsure`.
 */
export function branchCapability(kernel: BranchKernel, program: Pick<Program, 'main' | 'table'>, options: LeaseOptions, unsure: Set<string>): WorkCapability {
  const tokens = new Tokens(options.environment, options.keys);
  const code = tokens.codeOf(program);
  let next = 0;
  return {
    id: BRANCH_CAPABILITY,
    summary: 'a branch, to be carried on by a worker',
    determinism: 'idempotent',
    call: async (_, { callId, signal }) => {
      const parting = kernel.partingOf(callId);
      if (parting === null) throw new HostFailure('host', 'nobody waits for that branch');
      const body = messageOf(parting, tokens.sealState(code, parting.state, options.run), options);
      const first = next++;
      for (let tried = 0; tried < options.workers.length; tried++) {
        const worker = options.workers[(first + tried) % options.workers.length]!;
        const begun = new Set<string>();
        const answer = await askWorker(worker, body, options.leaseMs ?? LEASE_MS, signal, begun);
        if (signal.aborted) throw cancelledFailure(BRANCH_CAPABILITY);
        const opened = 'state' in answer ? tokens.openState(answer.state) : null;
        if (opened?.ok === true) {
          kernel.deliver(callId, opened.value.state);
          return null;
        }
        options.lost?.(worker, parting.branch.path, 'reason' in answer ? answer.reason : opened?.ok === false ? opened.error.message : 'it gave no state');
        if (begun.size === 0) continue;
        for (const call of begun) unsure.add(call);
        break;
      }
      throw new HostFailure('host', 'no worker could carry the branch on');
    },
  };
}

function messageOf({ branch }: Parting, state: string, { run, grants, ceiling, leaseMs = LEASE_MS }: LeaseOptions): string {
  const own = ceiling?.policy?.context.grants ?? [];
  const above = ceiling === undefined ? {} : { policy: ceilingPolicyText(ceiling), policyName: ceiling.policy?.name ?? null, strict: ceiling.strict };
  const params = { state, path: branch.path, run, grants: [...own, ...grants].map(({ capability, scope }) => ({ capability, scope })), leaseMs, ...above };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'branch', params });
}

type WorkerAnswer = { readonly state: string } | { readonly reason: string };

/** What the worker gives in the end, or how it was lost; what it says it begins is added to `begun`. */
async function askWorker({ url, token }: WorkerAddress, body: string, leaseMs: number, signal: AbortSignal, begun: Set<string>): Promise<WorkerAnswer> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), leaseMs);
  let last = '';
  try {
    const headers = { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.any([signal, silence.signal]) });
    if (response.body === null) return { reason: 'it answered nothing' };
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), leaseMs);
      const piece = decoder.decode(bytes, { stream: true });
      const end = piece.lastIndexOf('\n');
      if (end >= 0) {
        for (const line of (text + piece.slice(0, end)).split('\n')) {
          if (line.startsWith(BEGINS)) begun.add(callIn(line));
          else last = line;
        }
        text = '';
      }
      text += piece.slice(end + 1);
    }
    return answerOf(text === '' ? last : text);
  } catch {
    return { reason: silence.signal.aborted ? `nothing was heard of it for ${leaseMs} ms` : 'the connection ended' };
  } finally {
    clearTimeout(timer);
  }
}

/** How a worker's notification begins that names a call; everything else that comes before the last line says that it is there. */
const BEGINS = '{"jsonrpc":"2.0","method":"begins",';

function callIn(line: string): string {
  const { params } = JSON.parse(line) as { readonly params?: { readonly call?: unknown } };
  return typeof params?.call === 'string' ? params.call : '';
}

function answerOf(line: string): WorkerAnswer {
  try {
    const { result, error } = JSON.parse(line) as { readonly result?: { readonly state?: unknown }; readonly error?: { readonly message?: unknown } };
    if (typeof result?.state === 'string') return { state: result.state };
    return { reason: typeof error?.message === 'string' ? error.message : 'it ended without an answer' };
  } catch {
    return { reason: 'it answered no JSON' };
  }
}
