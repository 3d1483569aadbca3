/**
 * What a segment begins with. It asks what its worker grants to runs and which rules it has on merges, in a step, so that every later attempt
 * does the same, whatever other workers would say. What is granted is kept from the first segment on; the rules are those of each segment.
 */
import { restore } from '../../evaluator/snapshot.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { amountsValue, readAmounts, softValue } from '../amounts.ts';
import { readParent } from '../durable/callback.ts';
import type { Facts } from '../durable/facts.ts';
import { resting } from '../durable/history.ts';
import { loadProgram, type Runnable } from '../durable/program.ts';
import { begin, codeOptions, DURABLE_QUANTUM, type HeldTurn } from '../durable/recover.ts';
import { afterTurn, type Memory, newMemory } from '../memory.ts';
import type { Constitution } from '../security/constitution.ts';
import { governFirst, isTracing, type Refusal } from '../security/governance.ts';
import type { DraftData } from '../journal/record.ts';
import { decodeSegment, type Handover, handoverIn } from './documents.ts';
import { decodeLight, encodeLight } from './made.ts';
import type { Pending, Segment } from './port.ts';
import { mergeRules, readMergeRules } from './rules.ts';
import type { Turn } from '../port.ts';
import type { EngineWorld } from './world.ts';

export interface Opening {
  /** How the run was started. */
  readonly facts: Facts;
  /** Null: this is the first segment of the run. */
  readonly handover: Handover | null;
  readonly first: Turn<State, Event>;
  readonly memory: Memory;
  readonly nowMs: number;
  /** Whatever set the budget, in words. */
  readonly budgetSource: string;
  /** The engine was told to cancel the run before it had begun. */
  readonly wasCancelled: boolean;
  /** What has a say on merges; null for nothing. */
  readonly rules: Constitution | null;
  /** What they refused in the turn `first`. */
  readonly refusals: readonly Refusal[];
  /** That turn has a merge that a person has to allow: it has not happened, and is taken again with their word. */
  readonly held: HeldTurn | null;
  /** What the first segment was granted, as the record of the start has it. */
  readonly granted: DraftData;
  /** For values that hold functions. */
  readonly code: DecodeOptions;
}

export async function openSegment(world: EngineWorld, segment: Segment, input: Uint8Array, programs: Map<string, Runnable>): Promise<Opening> {
  const { content } = segment;
  const hash = (await decodeSegment(input, content)).text('program') ?? '';
  const program = programs.get(hash) ?? (await load(world, hash, segment));
  programs.set(hash, program);
  const code = codeOptions(program);
  const facts = await decodeSegment(input, content, code);
  const handover = handoverIn(facts);
  const { terms, wasCancelled } = await askTerms(world, segment);
  const rules = readMergeRules(terms.value('data'));
  const common = { facts, handover, wasCancelled, rules, code };
  if (handover === null) return { ...common, ...beginning(program, facts, terms, rules) };
  const restored = restore(handover.state, program.table);
  if (!restored.ok) throw new Error(`the state of the run cannot be read: ${restored.error.message}`);
  const { memory, nowMs, budgetSource } = handover;
  return { ...common, first: resting(restored.value), memory, nowMs: Math.max(nowMs, terms.number('now') ?? 0), budgetSource, refusals: [], held: null, granted: {} };
}

async function load({ environment }: EngineWorld, hash: string, { content }: Segment): Promise<Runnable> {
  const program = await loadProgram(environment, hash, content.read);
  if (!program.ok) throw new Error(program.error);
  return program.value;
}

/** `data` are the rules on merges. */
const TERMS = ['rtfs/terms', 1] as const;

async function askTerms({ host }: EngineWorld, segment: Segment): Promise<{ readonly terms: Facts; readonly wasCancelled: boolean }> {
  const step = segment.step('begin', () => {
    const { budget, constitution, clock } = host;
    const data = {
      now: clock.nowMs(), budget: budget === undefined ? undefined : amountsValue(budget.grant), 'budget-source': budget?.source, 'soft-budget': softValue(budget?.soft), traced: isTracing(constitution) || undefined,
      data: mergeRules(constitution),
    };
    return encodeLight(...TERMS, data, segment.content);
  });
  const { bytes, wasCancelled } = await settledStep(segment, step);
  return { terms: await decodeLight(...TERMS, bytes, segment.content, {}), wasCancelled };
}

/** A callback has what was left to its call, whatever else a worker grants to runs. */
function beginning(program: Runnable, facts: Facts, terms: Facts, rules: Constitution | null): Pick<Opening, 'first' | 'memory' | 'nowMs' | 'budgetSource' | 'refusals' | 'held' | 'granted'> {
  const budget = (readParent(facts) === null ? terms : facts).value('budget');
  const memory = newMemory({ grant: readAmounts(budget) ?? {}, soft: readAmounts(terms.value('soft-budget')) ?? {} }, terms.is('traced'));
  const take: HeldTurn['take'] = (refused) => begin(program, facts, [DURABLE_QUANTUM], refused);
  const { turn: first, refusals, question } = governFirst(rules ?? undefined, memory, take);
  const held = question === null ? null : { question, take };
  const calls = 'calls' in first.outcome ? first.outcome.calls : [];
  const granted = { budget: budget ?? undefined, 'budget-source': terms.text('budget-source') ?? undefined, 'soft-budget': terms.value('soft-budget') ?? undefined, traced: terms.is('traced') || undefined };
  return { first, held, memory: held === null ? afterTurn(memory, first.events, calls) : memory, nowMs: terms.number('now') ?? 0, budgetSource: terms.text('budget-source') ?? 'none', refusals, granted };
}

/** The step alone; that the run is cancelled meanwhile is for later. */
async function settledStep(segment: Segment, step: Pending): Promise<{ readonly bytes: Uint8Array; readonly wasCancelled: boolean }> {
  for (let wasCancelled = false; ; ) {
    const settled = await segment.first([step]);
    if (settled.kind === 'settled') return { bytes: settled.bytes, wasCancelled };
    wasCancelled = true;
  }
}
