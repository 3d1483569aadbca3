/**
 * Calls of functions written in RTFS. Each is a run of its own, with a machine of its own: the run that calls only waits for the answer.
 * It may do what its caller may, as far as the manifest says that it does, and take what is left of its caller's budget; and functions may
 * call functions only so deep.
 */
import { List } from '../../value/list.ts';
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { FailureKind, Policy } from '../port.ts';
import { run } from '../run.ts';
import { inUnits } from '../amounts.ts';
import type { Execution } from './dispatch.ts';
import type { RtfsExecutor } from './executor.ts';
import { FUNCTION_ARGUMENTS } from './ports.ts';

const HOPS_MAX = 8;
/** What one function may compute; its caller counts a call as a call. */
const LIMITS = { fuel: 1_000_000_000, allocation: 1_000_000_000, depth: 100_000 };

export async function executeRtfs(executor: RtfsExecutor, { input, context, ports, hops }: Execution): Promise<Value> {
  const operation = context.name;
  if (ports.functions === null) throw new HostFailure('capability', `${operation}: functions written in RTFS cannot be run here: the host has no reader`);
  if (hops >= HOPS_MAX) throw new HostFailure('capability', `${operation}: more than ${HOPS_MAX} capabilities written in RTFS call one another`);
  const program = await ports.functions.load(executor.file, executor.function);
  const { budget, ...host } = ports.functions.hostFor(hops + 1);
  const left = context.left?.() ?? {};
  const args = input instanceof Vector || input instanceof List ? input : Vector.of(input);
  const result = await run(
    program,
    { ...host, policy: narrowed(host.policy, executor.uses), ...(Object.keys(left).length === 0 ? {} : { budget: { grant: left, source: budget?.source ?? operation } }) },
    { start: { variables: [[FUNCTION_ARGUMENTS, args]], limits: LIMITS }, signal: context.signal },
  );
  if ('spent' in result && result.spent !== undefined) {
    const { calls = 0, cost = 0, tokens = 0, bytes = 0 } = result.spent;
    context.used?.({ calls, cost: inUnits('cost', cost), tokens, bytes });
  }
  switch (result.kind) {
    case 'complete':
      return result.value;
    case 'waiting': // only runs that are kept are put away, and this one is not
    case 'cancelled':
      throw cancelledFailure(operation);
    case 'failed': {
      const { type, message, data } = result.error;
      const kind = FAILURE_KINDS.find((one) => type.name === `error/${one}`) ?? 'host';
      throw new HostFailure(kind, `${operation}: ${message}`, MapValue.of(keyword('type'), type, keyword('data'), data));
    }
  }
}

const FAILURE_KINDS: readonly FailureKind[] = ['capability', 'security', 'host', 'timeout', 'cancelled', 'argument', 'type', 'arity', 'validation', 'budget'];

/** What both the caller's policy and the list allow. */
function narrowed(policy: Policy, uses: readonly string[]): Policy {
  const isUsed = (capability: string): boolean => uses.some((one) => one === '*' || capability === one || capability.startsWith(`${one}.`));
  return {
    ...policy,
    decide: (request) => {
      if (isUsed(request.capability)) return policy.decide(request);
      return { allowed: false, kind: 'security', reason: 'the manifest of the function that calls it does not name it in "uses"', hint: null };
    },
  };
}
