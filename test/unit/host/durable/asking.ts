/** What a run in the tests asks a person, and what they say to it. */
import type { State } from '../../../../src/evaluator/state.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { waitValue } from '../../../../src/host/durable/record-data.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import { approvalValue } from '../../../../src/host/security/approval.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { keyword, type Value } from '../../../../src/value/value.ts';
import { environment, type World } from './support.ts';

export function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

export interface Question {
  readonly call: string;
  readonly hash: string;
  readonly question: string;
  readonly shown: Value;
}

export function questionIn(result: RunResult<State>): Question {
  if (result.kind !== 'waiting') throw new Error(`the run is ${shown(result)}`);
  const wait = waitValue(result.waits.find((one) => one.hold.kind === 'approval')!);
  const field = (name: string): Value => (wait instanceof MapValue ? (wait.get(keyword(name)) ?? null) : null);
  const text = (name: string): string => {
    const value = field(name);
    return typeof value === 'string' ? value : '';
  };
  return { call: text('call'), hash: text('hash'), question: text('question'), shown: field('shown') };
}

export async function say(one: World, verdict: 'approve' | 'deny', { call, hash }: Pick<Question, 'call' | 'hash'>, run = 'run'): Promise<void> {
  const approval = approvalValue({ verdict, hash, by: 'human:ann', timeMs: one.clock.nowMs(), comment: null });
  await one.store.send(run, encodeMessage(verdict, { call, approval }));
}

export async function replayed(one: World): Promise<unknown> {
  const report = await replayRun({ store: one.store, environment, keeper: chunkedStates(), programs: new Map() }, 'run');
  return report.ok ? report.value : report.error;
}
