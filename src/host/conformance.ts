/**
 * Conformance files: programs with the expected result beside the code. Read and run here for `rtfs test` and for the
 * project's own suite, which runs each file in several ways.
 *
 * An expectation follows its form, on the same line or below it:
 *   ;=> 3                  the value, as it prints
 *   ;! arity some text     it fails with that kind of error (or that code); the text must be in the message
 *   ;>> (call :cap 1 2)    a call that the program makes, in order
 *   ;<< "value"            the answer given to it; `;<< ! host "message"` answers with an error
 * Calls of branches that wait together are answered together, in the order of the branches. A `:step.deadline` is answered
 * only where it stands as the next call; what else waits then is not.
 * A form without expectation is a definition for the rest of the file. A file that cannot be read as a whole is taken
 * line by line: the text before the expectation is a program.
 */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { resume } from '../evaluator/kernel.ts';
import { errorValue } from '../evaluator/raise.ts';
import { restore, snapshot } from '../evaluator/snapshot.ts';
import type { Advance, Answer, HostCall } from '../evaluator/state.ts';
import { formToValue, readValue } from '../parser/datum.ts';
import type { Form } from '../parser/form.ts';
import { read } from '../parser/reader.ts';
import { printValue } from '../value/print.ts';
import { ErrorValue, keyword, symbol, type Value } from '../value/value.ts';
import { List } from '../value/list.ts';
import { type Compilation, compile, type Environment, type Program, startProgram } from './compile.ts';

export interface Expectation {
  /** The program: the definitions above, then the form. */
  readonly program: string;
  readonly form: string;
  /** 1-based. */
  readonly line: number;
  readonly section: string | null;
  readonly exchanges: readonly Exchange[];
  readonly expected: Expected;
}

export interface Exchange {
  readonly call: string;
  readonly answer: string | null;
}

export type Expected = { readonly kind: 'value'; readonly text: string } | { readonly kind: 'error'; readonly error: string; readonly text: string };

/** How an expectation is run. All ways must give the same. */
export type Mode = 'straight' | 'reload' | 'quantum' | 'reprint';

export const MODES: readonly Mode[] = ['straight', 'reload', 'quantum', 'reprint'];

// --- reading -----------------------------------------------------------------------------------------------------

export function readConformance(text: string, file: string): readonly Expectation[] {
  const { forms, diagnostics } = read(text, file);
  return diagnostics.some((one) => one.severity === 'error') ? readLines(text) : readForms(text, forms);
}

interface Notes {
  exchanges: { call: string; answer: string | null }[];
  expected: Expected | null;
  section: string | null;
}

function readForms(text: string, forms: readonly Form[]): readonly Expectation[] {
  const expectations: Expectation[] = [];
  const lines = lineCounter(text);
  let definitions = '';
  let section = notesIn(text.slice(0, forms[0]?.span.start ?? text.length)).section;
  forms.forEach((form, index) => {
    // What a shorthand or metadata puts before the form belongs to it: start where the last form's notes ended.
    const start = index === 0 ? firstCode(text, 0) : firstCode(text, forms[index - 1]!.span.end);
    const source = text.slice(Math.min(start, form.span.start), form.span.end);
    const notes = notesIn(text.slice(form.span.end, forms[index + 1]?.span.start ?? text.length));
    if (notes.expected === null) definitions += `${source}\n`;
    else {
      expectations.push({
        program: definitions + source, form: source, line: lines(form.span.start), section, exchanges: notes.exchanges, expected: notes.expected,
      });
    }
    section = notes.section ?? section;
  });
  return expectations;
}

/** The first offset from `from` on that is neither blank nor in a line comment. */
function firstCode(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && ' \t\r\n,'.includes(text[at]!)) at += 1;
    if (text[at] !== ';') return at;
    while (at < text.length && text[at] !== '\n') at += 1;
  }
}

function readLines(text: string): readonly Expectation[] {
  const expectations: Expectation[] = [];
  let section: string | null = null;
  text.split('\n').forEach((line, index) => {
    const at = Math.max(line.lastIndexOf(';=>'), line.lastIndexOf(';! '), line.endsWith(';!') ? line.length - 2 : -1);
    section = notesIn(line).section ?? section;
    if (at <= 0) return;
    const notes = notesIn(line.slice(at));
    const program = line.slice(0, at).trimEnd();
    if (notes.expected !== null && program !== '') {
      expectations.push({ program, form: program, line: index + 1, section, exchanges: [], expected: notes.expected });
    }
  });
  return expectations;
}

function notesIn(gap: string): Notes {
  const notes: Notes = { exchanges: [], expected: null, section: null };
  for (const raw of gap.split('\n')) {
    const line = raw.trim();
    if (line.startsWith(';; # ')) notes.section = line.slice(5);
    else if (line.startsWith(';=>')) notes.expected ??= { kind: 'value', text: line.slice(3).trim() };
    else if (line.startsWith(';>>')) notes.exchanges.push({ call: line.slice(3).trim(), answer: null });
    else if (line.startsWith(';<<')) {
      const last = notes.exchanges[notes.exchanges.length - 1];
      if (last !== undefined && last.answer === null) last.answer = line.slice(3).trim();
    } else if (line.startsWith(';!')) notes.expected ??= readError(line.slice(2).trim());
  }
  return notes;
}

function readError(text: string): Expected {
  const blank = text.indexOf(' ');
  const kind = blank < 0 ? text : text.slice(0, blank);
  return { kind: 'error', error: kind.replace(/^:/, ''), text: blank < 0 ? '' : text.slice(blank + 1).trim() };
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

// --- running -----------------------------------------------------------------------------------------------------

/** Sees all that happens while an expectation is checked: what compiling gave, then each outcome with its state, and each answer. */
export interface Observer {
  readonly compiled?: (compilation: Compilation) => void;
  readonly advanced?: (advance: Advance) => void;
  readonly answered?: (answer: Answer) => void;
}

/** Null when the expectation holds; else what happened instead. */
export function checkExpectation(environment: Environment, expectation: Expectation, mode: Mode, observer: Observer = {}): string | null {
  const text = mode === 'reprint' ? reprinted(expectation.program) : expectation.program;
  if (text === null) return null;
  const compilation = compile(environment, { file: '<test>', text });
  observer.compiled?.(compilation);
  const { program, diagnostics } = compilation;
  if (program === null) return judgeDiagnostics(expectation.expected, diagnostics);
  return new Run(expectation, program, mode, observer).check();
}

/** The program printed as data and ready to be read again; null when it cannot be (metadata is not data). */
function reprinted(text: string): string | null {
  const { forms, diagnostics } = read(text, '<test>');
  if (diagnostics.length > 0 || text.includes('^')) return null;
  const printed = forms.map((form) => printValue(formToValue(form)));
  return printed.includes(null) ? null : printed.join('\n');
}

function judgeDiagnostics(expected: Expected, diagnostics: readonly Diagnostic[]): string | null {
  const errors = diagnostics.filter((one) => one.severity === 'error');
  const shown = errors.map((one) => `${one.code} ${one.message}`).join('; ');
  if (expected.kind === 'value') return `expected ${expected.text}, but it did not compile: ${shown}`;
  const fits = errors.some((one) => staticKind(one.code, expected.error) && mentions(one, expected.text));
  return fits ? null : `expected the error ${expected.error} ${expected.text}, found ${shown}`;
}

function staticKind(code: string, wanted: string): boolean {
  if (code === wanted) return true;
  return wanted === 'undefined-symbol' ? code === 'E0201' || code === 'E0212' || code === 'E0214' : wanted === 'syntax' && code !== 'E0201';
}

function mentions(diagnostic: Diagnostic, text: string): boolean {
  return `${diagnostic.message} ${diagnostic.help.join(' ')}`.includes(text);
}

/** Preemptions after which a run in small quanta goes on at full speed: the first ones show what there is to see. */
const PREEMPTIONS_MAX = 400;
/** Preemptions of a run in small quanta at which the state is also saved and reloaded. */
const RELOADS_MAX = 60;

class Run {
  private readonly expectation: Expectation;
  private readonly program: Program;
  private readonly mode: Mode;
  private readonly observer: Observer;
  private exchanges = 0;
  private preemptions = 0;

  constructor(expectation: Expectation, program: Program, mode: Mode, observer: Observer) {
    this.expectation = expectation;
    this.program = program;
    this.mode = mode;
    this.observer = observer;
  }

  private get quantum(): number {
    return this.mode === 'quantum' && this.preemptions < PREEMPTIONS_MAX ? 1 : Number.POSITIVE_INFINITY;
  }

  check(): string | null {
    let advance = startProgram(this.program, { quantum: this.quantum });
    for (;;) {
      this.observer.advanced?.(advance);
      const { outcome } = advance;
      switch (outcome.kind) {
        case 'complete':
          return this.judgeValue(outcome.value);
        case 'failed':
          return this.judgeError(outcome.error);
        case 'preempted': {
          this.preemptions += 1;
          const next = this.go(advance, []);
          if (typeof next === 'string') return next;
          advance = next;
          break;
        }
        case 'requires-values':
          return 'the run needs a value that lies in a store';
        case 'requires-host': {
          const answers = this.answerAll(outcome.calls);
          if (typeof answers === 'string') return answers;
          for (const answer of answers) this.observer.answered?.(answer);
          const next = this.go(advance, answers);
          if (typeof next === 'string') return next;
          advance = next;
        }
      }
    }
  }

  private go(advance: Advance, answers: readonly Answer[]): Advance | string {
    const reloads = this.mode === 'reload' || (this.mode === 'quantum' && this.preemptions <= RELOADS_MAX);
    if (!reloads) return resume(advance.state, answers, { quantum: this.quantum });
    const bytes = snapshot(advance.state);
    const restored = restore(bytes, this.program.table);
    if (!restored.ok) return `the state could not be restored: ${restored.error.message}`;
    const again = snapshot(restored.value);
    if (!sameBytes(bytes, again)) return 'a restored state has other bytes';
    return resume(restored.value, answers, { quantum: this.quantum });
  }

  /** All calls that wait together are answered together. The time of a step is over only where the file says so. */
  private answerAll(calls: readonly HostCall[]): readonly Answer[] | string {
    const answers: Answer[] = [];
    for (const call of calls) {
      const isDeadline = call.capability === 'step.deadline';
      if (isDeadline && !sameCall(this.expectation.exchanges[this.exchanges]?.call ?? '', shownCall(call))) continue;
      const answer = this.answer(call);
      if (typeof answer === 'string') return answer;
      answers.push(answer);
      if (isDeadline) break;
    }
    return answers;
  }

  private answer(call: HostCall): Answer | string {
    const exchange = this.expectation.exchanges[this.exchanges];
    const shown = shownCall(call);
    if (exchange === undefined) return `unexpected call ${shown}`;
    this.exchanges += 1;
    if (!sameCall(exchange.call, shown)) return `expected the call ${exchange.call}, found ${shown}`;
    return answerOf(call.id, exchange.answer ?? 'nil');
  }

  private judgeValue(value: Value): string | null {
    const { expected, exchanges } = this.expectation;
    const shown = printValue(value, { maxLength: 100_000 }) ?? 'a very large value';
    if (expected.kind === 'error') return `expected the error ${expected.error} ${expected.text}, found the value ${shown}`;
    if (this.exchanges < exchanges.length) return `expected the call ${exchanges[this.exchanges]!.call}, which was never made`;
    return shown === expected.text ? null : `expected ${expected.text}, found ${shown}`;
  }

  private judgeError(error: ErrorValue): string | null {
    const { expected } = this.expectation;
    const shown = `:${error.type.name} ${error.message}`;
    if (expected.kind === 'value') return `expected ${expected.text}, found the error ${shown}`;
    const fits = error.type.name === expected.error || error.type.name === `error/${expected.error}`;
    return fits && error.message.includes(expected.text) ? null : `expected the error ${expected.error} ${expected.text}, found ${shown}`;
  }
}

function shownCall(call: HostCall): string {
  return printValue(List.of(symbol('call'), keyword(call.capability), ...call.args)) ?? '…';
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Calls are compared as data: how numbers or blanks are written does not matter. */
function sameCall(expected: string, shown: string): boolean {
  if (expected === shown) return true;
  const value = readValue(expected);
  return value.ok && printValue(value.value) === shown;
}

function answerOf(id: string, text: string): Answer | string {
  if (text.startsWith('!')) {
    const { forms } = read(text.slice(1), '<answer>');
    const [kind, message] = forms;
    const type = kind?.kind === 'symbol' || kind?.kind === 'keyword' ? kind.name : 'host';
    const words = message?.kind === 'atom' && typeof message.value === 'string' ? message.value : 'the host failed';
    const base = errorValue('host', words);
    return { id, ok: false, error: new ErrorValue(keyword(type.includes('/') ? type : `error/${type}`), base.message, null, null, null) };
  }
  const value = readValue(text);
  return value.ok ? { id, ok: true, value: value.value } : `the answer ${text} cannot be read`;
}
