/**
 * A run led by hand: the test says which call gets which answer, in which order, and sees what the kernel says. Calls
 * and events are shown as short lines, by position, so that a test can say all that a run did.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { comparePositions, type Event } from '../../src/evaluator/event.ts';
import { cancel, resume, type StartOptions } from '../../src/evaluator/kernel.ts';
import type { MergeConflict } from '../../src/evaluator/merge.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { Advance, HostCall, State } from '../../src/evaluator/state.ts';
import { type Environment, type Program, startProgram } from '../../src/host/compile.ts';
import { List } from '../../src/value/list.ts';
import { MapValue } from '../../src/value/map.ts';
import { printBrief } from '../../src/value/print.ts';
import { ErrorValue, keyword, symbol, type Value } from '../../src/value/value.ts';
import { answerOf, compiled, endText, type Refusal, reloaded } from './journey.ts';

export class Stage {
  readonly program: Program;
  readonly events: Event[] = [];
  /** Each call that the run has waited for, as `waits` shows it, in the order in which the host heard of it. */
  readonly calls: string[] = [];
  private last: Advance;
  private readonly quantum: number;

  constructor(program: Program, options: StartOptions = {}, from?: Stage) {
    this.program = program;
    this.quantum = options.quantum ?? Number.POSITIVE_INFINITY;
    if (from === undefined) this.last = this.heard(startProgram(program, options));
    else {
      this.last = from.last;
      this.events.push(...from.events);
      this.calls.push(...from.calls);
    }
  }

  static of(environment: Environment, text: string, options: StartOptions = {}): Stage {
    return new Stage(compiled(environment, text), options);
  }

  /** The same run once more from here: what one does, the other does not see. */
  copy(): Stage {
    return new Stage(this.program, { quantum: this.quantum }, this);
  }

  get state(): State {
    return this.last.state;
  }

  get advance(): Advance {
    return this.last;
  }

  /** `=> value`, `! :error/kind message`, `requires-host` or `preempted`. */
  get end(): string {
    return endText(this.last);
  }

  get bytes(): string {
    return bytesToHex(snapshot(this.state));
  }

  /** What is waited for, as `id (call :capability argument…)`. */
  get waits(): readonly string[] {
    return this.pending.map(callLine);
  }

  get pending(): readonly HostCall[] {
    const { outcome } = this.last;
    return outcome.kind === 'requires-host' || outcome.kind === 'preempted' ? outcome.calls : [];
  }

  /** All that has happened so far, by position. */
  get told(): readonly string[] {
    return [...this.events].sort((a, b) => comparePositions(a.at, b.at)).map(eventLine);
  }

  /** The call that is waited for: by its id, its capability, or both capability and first argument (`a 1`). */
  call(name: string): HostCall {
    const found = this.pending.filter((one) => one.id === name || one.capability === name || `${one.capability} ${printBrief(one.args[0] ?? null, 100)}` === name);
    if (found.length !== 1) throw new Error(`${found.length} calls ${name} among ${this.waits.join(', ')}`);
    return found[0]!;
  }

  /** Answers calls together, in the order given. */
  answer(...answers: readonly (readonly [name: string, answer: Value | Refusal])[]): this {
    return this.take(resume(this.state, answers.map(([name, answer]) => answerOf(this.call(name), answer)), { quantum: this.quantum }));
  }

  /** Sends an answer to a call by its id, whether it is waited for or not. */
  send(id: string, value: Value = null): this {
    return this.take(resume(this.state, [{ id, ok: true, value }], { quantum: this.quantum }));
  }

  cancel(reason = 'enough'): this {
    return this.take(cancel(this.state, reason, { quantum: this.quantum }));
  }

  /** Goes on after preemptions until the run waits or has ended. */
  proceed(turnsMax = 10_000): this {
    for (let i = 0; i < turnsMax && this.last.outcome.kind === 'preempted'; i++) this.take(resume(this.state, [], { quantum: this.quantum }));
    return this;
  }

  /** Saves and loads the state. */
  reload(): this {
    this.last = { ...this.last, state: reloaded(this.state, this.program) };
    return this;
  }

  /** As after a crash: the program is compiled anew, and nothing is left of the run but its bytes. */
  restart(program: Program): Stage {
    const back = restore(snapshot(this.state), program.table);
    if (!back.ok) throw new Error(back.error.message);
    const next = new Stage(program, { quantum: this.quantum }, this);
    next.last = { ...this.last, state: back.value };
    return next;
  }

  private take(advance: Advance): this {
    this.last = this.heard(advance);
    return this;
  }

  private heard(advance: Advance): Advance {
    this.events.push(...advance.events);
    const { outcome } = advance;
    if (outcome.kind === 'requires-host') {
      for (const call of outcome.calls) if (!this.calls.includes(callLine(call))) this.calls.push(callLine(call));
    }
    return advance;
  }
}

export function callLine(call: HostCall): string {
  return `${call.id} ${printBrief(List.of(symbol('call'), keyword(call.capability), ...call.args), 500)}`;
}

/** The error as `kind: message`, what else was thrown as it is written. */
export function errorText(error: Value): string {
  return error instanceof ErrorValue ? `${error.type.name.replace(/^error\//, '')}: ${error.message}` : printBrief(error, 200);
}

/** Everything that the event says, in one line. */
export function eventLine(event: Event): string {
  const more = eventDetails(event);
  return `${event.at} ${event.kind} ${event.step}${more === '' ? '' : ` ${more}`}`;
}

function eventDetails(event: Event): string {
  switch (event.kind) {
    case 'step-started': {
      const declared = event.declared instanceof MapValue && event.declared.size === 0 ? '' : ` ${printBrief(event.declared, 200)}`;
      return `"${event.name}" ${event.form} in ${event.parent ?? 'the run'} ${event.isolation}${declared}`;
    }
    case 'step-completed':
    case 'compensation-started':
    case 'compensation-completed':
      return `"${event.name}"`;
    case 'step-failed':
    case 'compensation-failed':
      return `"${event.name}" ${errorText(event.error)}`;
    case 'step-retrying':
      return `"${event.name}" attempt ${event.attempt} in ${event.delayMs} ${errorText(event.error)}`;
    case 'step-recovered':
      return `"${event.name}" by ${event.by} ${errorText(event.error)}`;
    case 'pass-started':
    case 'pass-completed':
    case 'branch-started':
    case 'branch-completed':
      return String(event.index);
    case 'pass-failed':
    case 'branch-failed':
    case 'branch-cancelled':
      return `${event.index} ${errorText(event.error)}`;
    case 'context-set':
      return `${printBrief(event.key, 100)} ${printBrief(event.value, 100)}${event.derivedFrom.map((one) => ` from ${one.key} of ${one.context}`).join('')}`;
    case 'merged': {
      const keys = (['added', 'kept', 'overwritten', 'merged'] as const).filter((list) => event[list].length > 0).map((list) => `${list} ${event[list].map((key) => printBrief(key, 50)).join(' ')}`);
      return [`into ${event.into} by ${printBrief(event.policy, 100)}`, ...keys, ...event.conflicts.map(conflictText)].join('; ');
    }
    case 'answer-dropped':
      return event.call;
  }
}

function conflictText({ key, path, target, source, winner, reason, branches }: MergeConflict): string {
  const where = [key, ...path].map((one) => printBrief(one, 50)).join(' ');
  const who = branches.map((one) => one ?? 'context').join(' ');
  return `conflict ${where}: ${printBrief(target, 50)} and ${printBrief(source, 50)}, ${winner} wins (${reason})${who === '' ? '' : ` of ${who}`}`;
}
