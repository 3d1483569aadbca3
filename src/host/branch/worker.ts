/**
 * A worker: carries on branches of other processes' runs. Over HTTP, as the protocol: the method is `branch`, its parameters `state` (sealed, with
 * the code in it), `path`, `run`, `grants`, `leaseMs`, and what stands above the grants: `policy` (as text) with its name `policyName`, and `strict`. The
 * answer is lines: `alive` notifications, so that whoever waits knows that the worker is there; a notification `begins` before each call that must not be
 * made twice; then the result, whose `state` has the branch at its end. When the connection ends, so does the work.
 */
import { quoteJson } from '../../value/json-write.ts';
import type { Environment } from '../compile.ts';
import type { Keys } from '../journal/signature.ts';
import type { LoopHost } from '../loop.ts';
import type { Grant } from '../port.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../protocol/http.ts';
import { Params } from '../protocol/params.ts';
import { errorText, notificationText, objectText, readMessages, resultText, RPC_CODES, RpcError } from '../protocol/rpc.ts';
import { Tokens } from '../protocol/token.ts';
import { carryBranch } from './carry.ts';
import { readCeiling, underCeiling } from './ceiling.ts';

export interface WorkerOptions extends HttpOptions {
  readonly environment: Environment;
  /** Those of whoever gives out branches, or keys that know theirs. */
  readonly keys: Keys;
  /** What branches are carried on with that were given these grants: never more than the worker itself has. */
  readonly hostFor: (grants: readonly Grant[]) => WorkerHost | Promise<WorkerHost>;
  /** Absolute: where relative paths of calls start for the policies of those who give out branches. The working directory unless given. */
  readonly baseDirectory?: string;
}

type WorkerHost = LoopHost & { readonly close: () => Promise<void> };

const MESSAGE_MAX = 64 * 1024 * 1024;
const LEASE_MS_MIN = 100;
const LEASE_MS_MAX = 600_000;

export function serveWorker(options: WorkerOptions): Promise<HttpService> {
  const tokens = new Tokens(options.environment, options.keys);
  const follow = (text: string, write: Write, signal: AbortSignal): Promise<void> => answer(text, write, signal, tokens, options);
  return serveHttp({ messageMax: MESSAGE_MAX, follow }, options);
}

/** Resolves when the line has left this process. */
type Write = (line: string) => Promise<void>;

async function answer(text: string, write: Write, signal: AbortSignal, tokens: Tokens, options: WorkerOptions): Promise<void> {
  const messages = readMessages(text);
  const read = messages.kind === 'one' ? messages.read : { ok: false as const, id: null, error: messages.kind === 'unreadable' ? messages.error : new RpcError(RPC_CODES.request, 'a worker takes one branch at a time') };
  if (!read.ok) return write(errorText(read.id, read.error));
  const { id, method, params } = read.request;
  try {
    if (method !== 'branch') throw new RpcError(RPC_CODES.method, `there is no method ${method.slice(0, 100)}; a worker has branch`);
    await write(resultText(id ?? 'null', await carry(new Params(params, ['state', 'path', 'run', 'grants', 'leaseMs', 'policy', 'policyName', 'strict']), write, signal, tokens, options)));
  } catch (cause) {
    await write(errorText(id, cause instanceof RpcError ? cause : new RpcError(RPC_CODES.internal, 'internal error: this is a defect of rtfs, not of the request; please report it')));
  }
}

async function carry(params: Params, write: Write, signal: AbortSignal, tokens: Tokens, { hostFor, baseDirectory = process.cwd() }: WorkerOptions): Promise<string> {
  const leaseMs = params.count('leaseMs', LEASE_MS_MIN, LEASE_MS_MAX);
  const grants = params.objects('grants', ['capability', 'scope']).map((grant) => ({ capability: grant.text('capability'), scope: grant.optionalText('scope') }));
  const [path, run] = [params.text('path'), params.text('run')];
  const ceiling = readCeiling(params.optionalText('policyName') ?? 'policy', params.optionalText('policy'), params.flag('strict'));
  if (!ceiling.ok) return params.refuse('policy', `cannot be read: ${ceiling.error[0]?.message ?? ''}`);
  const opened = tokens.openState(params.text('state'));
  if (!opened.ok) throw new RpcError(RPC_CODES.state, opened.error.message, objectText({ reason: quoteJson(opened.error.reason) }));
  const { code, state } = opened.value;
  const host = await hostFor(grants);
  const alive = setInterval(() => void write(notificationText('alive', objectText({ path: quoteJson(path) }))), leaseMs / 3);
  try {
    const begins = (call: string): Promise<void> => write(notificationText('begins', objectText({ call: quoteJson(call) })));
    const carried = await carryBranch(state, path, run, underCeiling(host, ceiling.value, grants, baseDirectory), signal, begins);
    if (!carried.ok) throw new RpcError(RPC_CODES.answers, carried.error);
    return objectText({ state: quoteJson(tokens.sealState(code, carried.value, opened.value.run)) });
  } finally {
    clearInterval(alive);
    await host.close();
  }
}
