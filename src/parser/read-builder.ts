/**
 * Builds forms from tokens, one token at a time, on a stack of its own: nesting costs memory, never native stack.
 *
 * Every open bracket and every shorthand that waits for its form is a frame. Brackets that do not match are not
 * mended here: the builder only says so (`mismatched`, `unclosed`), and the reader starts again with tokens that were
 * repaired (read-repair.ts), where a `mend` stands for each bracket that had to be put in.
 * What could not be read is a symbol with the text as its name, so that one mistake does not cause a second message.
 */
import type { Code } from '../diagnostic/codes.ts';
import { type Diagnostic, diagnostic, type RelatedPlace } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { printBrief } from '../value/print.ts';
import type { Form, ListForm, MapForm, SymbolForm, VectorForm } from './form.ts';
import { ItemStack } from './item-stack.ts';
import { type Bracket, type Frame, FrameStack, type Prefix, type Shorthand } from './read-frames.ts';
import { RepeatedKeys } from './read-keys.ts';
import { defines, isDefined, mergeMeta } from './read-meta.ts';
import { type Problem, shown } from './read-problem.ts';
import { readString } from './read-string.ts';
import type { AtomValue, Word } from './read-word.ts';
import { Words } from './read-words.ts';

const CLOSERS: Record<Bracket, string> = { list: ')', fn: ')', vector: ']', map: '}', set: '}' };
/** As messages name them. */
const PREFIXES: Record<Prefix, string> = {
  quote: "`'`",
  quasiquote: 'this back-quote',
  unquote: '`~`',
  'unquote-splicing': '`~@`',
  at: '`@`',
  meta: '`^`',
  discard: '`#_`',
};

const LITERAL_SHOWN_MAX = 40;
/** Arguments a `#(…)` may name. */
const ARGUMENTS_MAX = 20;

/** Diagnostics of one text beyond this many are not collected: nobody reads them, and hostile text has no end of them. */
const DIAGNOSTICS_MAX = 1000;

export class FormBuilder {
  readonly diagnostics: Diagnostic[] = [];
  /** Nothing was wrong so far. */
  sound = true;
  /** A closing bracket did not fit. */
  mismatched = false;
  /** The text ended inside a bracket. */
  unclosed = false;
  /** The text ended after a shorthand. */
  dangling = false;
  /** A list that is not at the top may define a name. */
  definesInside = false;
  private readonly file: string;
  private readonly words = new Words();
  private readonly repeatedKeys = new RepeatedKeys();
  private readonly frames = new FrameStack();
  /** The forms of all frames. */
  private readonly pending = new ItemStack<Form>();
  /** The `#(…)` we are in, if any. */
  private fnLiteral: Frame | null = null;
  /** How many `#_` are open: arguments named in there do not count. */
  private discarding = 0;

  constructor(file: string) {
    this.file = file;
  }

  open(kind: Bracket, start: number, end: number): void {
    this.frames.push(kind, false, this.pending.size, start, end);
    if (kind === 'fn') this.enterFnLiteral(this.frames.top);
  }

  prefix(kind: Prefix, start: number, end: number): void {
    if (kind === 'discard') this.discarding++;
    this.frames.push(kind, true, this.pending.size, start, end);
  }

  /** A closing bracket, written as `closer`. */
  close(closer: string, end: number): void {
    while (this.frames.top.isPrefix) this.dropPrefix(closer);
    const { kind } = this.frames.top;
    if (kind === 'program' || CLOSERS[kind as Bracket] !== closer) {
      this.mismatched = true;
      this.sound = false;
      return;
    }
    this.emit(this.complete(this.frames.pop(), end));
  }

  /** A closing bracket that the repair put in (then it has no width) or that it took for another one. */
  mend(end: number): void {
    while (this.frames.top.isPrefix) this.popPrefix();
    if (this.frames.top.kind === 'program') return;
    this.frames.top.mended = true;
    this.emit(this.complete(this.frames.pop(), end));
    this.frames.top.mended = true;
  }

  /** A closing bracket was left out by the repair: what is in here may belong to a bracket that nobody opened. */
  scar(): void {
    this.frames.top.mended = true;
  }

  word(text: string, start: number): void {
    this.meaning(this.words.meaningOf(text), text, start, start + text.length);
  }

  /** The word that stands there in the text. */
  wordAt(text: string, start: number, end: number): void {
    this.meaning(this.words.meaningAt(text, start, end), text, start, end);
  }

  private meaning(word: Word, text: string, start: number, end: number): void {
    switch (word.kind) {
      case 'symbol':
        this.emit({ kind: 'symbol', name: word.name, span: this.span(start, end) });
        return;
      case 'keyword':
        this.emit({ kind: 'keyword', name: word.name, span: this.span(start, end) });
        return;
      case 'atom':
        this.atom(word.value, start, end);
        return;
      case 'argument':
        this.argument(word.name, word.index, start, end);
        return;
      case 'glued':
        this.word(word.name, start);
        this.emit({ kind: 'keyword', name: word.annotation, span: this.span(start + word.name.length, end) });
        return;
      case 'context':
        this.emit(this.call('ctx-ref', start, start + 1, this.atomForm(word.path, start, end), end));
        return;
      case 'bad':
        this.bad(word.problem, text.slice(start, end), start);
    }
  }

  string(literal: string, start: number): void {
    const { value, problems } = readString(literal);
    for (const problem of problems) this.report(problem, start);
    this.atom(value, start, start + literal.length);
  }

  atom(value: AtomValue, start: number, end: number): void {
    this.emit(this.atomForm(value, start, end));
  }

  /** A form that could not be read. */
  bad(problem: Problem, text: string, start: number): void {
    this.report(problem, start);
    this.emit({ kind: 'symbol', name: text, span: this.span(start, start + text.length) });
  }

  /** Reports a problem of the piece of text that begins at `start`. */
  report(problem: Problem, start: number): void {
    this.complain(problem.code, problem.message, start + problem.start, start + problem.end, problem.help);
  }

  /** All forms, when there are no more tokens. */
  finish(): Form[] {
    this.dangling = this.frames.top.isPrefix;
    while (this.frames.top.isPrefix) this.dropPrefix(null);
    this.unclosed = this.frames.top.kind !== 'program';
    return this.pending.take(0);
  }

  // ── whole forms ─────────────────────────────────────────────────────────────────────────────────────────────────

  private emit(form: Form): void {
    let current: Form | null = form;
    while (current !== null && this.frames.top.isPrefix) current = this.completePrefix(current);
    if (current !== null) this.pending.push(current);
  }

  private complete(frame: Frame, end: number): Form {
    const items = this.pending.take(frame.from);
    const span = this.span(frame.start, end);
    const isInside = frame.kind === 'fn' || (frame.kind === 'list' && this.frames.top.kind !== 'program');
    if (isInside && defines(items)) this.definesInside = true;
    switch (frame.kind as Bracket) {
      case 'list':
        return { kind: 'list', items, span };
      case 'vector':
        return { kind: 'vector', items, span };
      case 'map':
        this.checkMap(frame, items, span);
        return { kind: 'map', items, span };
      case 'set':
        if (!frame.mended) this.checkRepeated(items, 1, 'element', 'set');
        return { kind: 'set', items, span };
      case 'fn':
        return this.fnForm(frame, items, span);
    }
  }

  // ── maps and sets ──────────────────────────────────────────────────────────────────────────────────────────────

  private checkMap(frame: Frame, items: Form[], span: Span): void {
    if (!frame.mended) this.checkRepeated(items, 2, 'key', 'map');
    if (items.length % 2 === 0) return;
    if (!frame.mended) this.reportOddMap(items, span);
    items.push({ kind: 'atom', value: null, span: this.span(span.end, span.end) });
  }

  private reportOddMap(items: readonly Form[], span: Span): void {
    const last = items.at(-1)!.span;
    const json = items.some((item) => item.kind === 'keyword' && item.name === '');
    const help = json ? 'A map is written `{:key value}`, with no colon between them.' : 'Every key needs a value after it.';
    const related = [{ span: last, message: 'this is the last form in it' }];
    const count = items.length === 1 ? '1 form' : `${items.length} forms`;
    this.complain('E0109', `A map needs keys and values in pairs, and this one has ${count}`, span.start, span.end, [help], related);
  }

  private checkRepeated(items: readonly Form[], step: 1 | 2, word: string, collection: string): void {
    this.repeatedKeys.find(items, step, (first, again) => {
      const related = [{ span: first.span, message: 'it is here for the first time' }];
      const message = `The ${word}${literalText(again)} is repeated in this ${collection}`;
      this.complain('E0110', message, again.span.start, again.span.end, ['Remove one of the two.'], related);
    });
  }

  // ── shorthands ─────────────────────────────────────────────────────────────────────────────────────────────────

  private popPrefix(): Frame {
    const frame = this.frames.pop();
    if (frame.kind === 'discard') this.discarding--;
    this.frames.top.mended ||= frame.mended;
    this.pending.size = frame.from;
    return frame;
  }

  /** The shorthand on top has nothing to apply to. */
  private dropPrefix(closer: string | null): void {
    const hasMeta = this.pending.size > this.frames.top.from;
    const frame = this.popPrefix();
    const what = hasMeta ? 'this metadata' : PREFIXES[frame.kind as Prefix];
    const found = closer === null ? 'the end of the text' : `\`${closer}\``;
    this.complain('E0112', `There is nothing after ${what}`, frame.start, frame.markEnd, [`A form must follow; ${found} was found.`]);
  }

  /** What becomes of `form` under the shorthand on top; null when nothing is to be emitted (yet). */
  private completePrefix(form: Form): Form | null {
    const frame = this.frames.top;
    switch (frame.kind as Prefix) {
      case 'discard':
        this.popPrefix();
        return null;
      case 'meta':
        return this.completeMeta(frame, form);
      case 'at':
        this.popPrefix();
        return this.reference(frame, form);
      case 'quote':
      case 'quasiquote':
      case 'unquote':
      case 'unquote-splicing':
        this.popPrefix();
        return this.call(frame.kind as Shorthand, frame.start, frame.markEnd, form, form.span.end);
    }
  }

  private call(name: string, start: number, markEnd: number, argument: Form, end: number): ListForm {
    const head: SymbolForm = { kind: 'symbol', name, span: this.span(start, markEnd) };
    return { kind: 'list', items: [head, argument], span: this.span(start, end) };
  }

  /** `@name` looks a name up in the context, `@:name` is the symbol itself. */
  private reference(frame: Frame, form: Form): Form {
    const { start } = frame;
    const { end } = form.span;
    if (form.kind === 'symbol') return this.call('context-ref', start, frame.markEnd, this.atomForm(form.name, form.span.start, end), end);
    if (form.kind === 'keyword' && form.name !== '') return { kind: 'symbol', name: form.name, span: this.span(start, end) };
    this.complain('E0114', '`@` must be followed by a name', start, frame.markEnd, ['Write `@name` for a value of the context.']);
    return form;
  }

  // ── metadata ───────────────────────────────────────────────────────────────────────────────────────────────────

  private completeMeta(frame: Frame, form: Form): Form | null {
    if (this.pending.size === frame.from) {
      this.pending.push(form);
      return null;
    }
    // All of `^a ^b ^c form` at once: one after the other would copy what was merged again and again.
    const chain: Frame[] = [];
    while (this.frames.top.kind === 'meta' && this.pending.size > this.frames.top.from) chain.push(this.popPrefix());
    const maps: MapForm[] = [];
    for (let i = chain.length - 1; i >= 0; i--) {
      const map = this.metaMap(chain[i]!, form);
      if (map !== null) maps.push(map);
    }
    // Literals have no place for metadata, and it means nothing there.
    const isBare = form.kind === 'atom' || form.kind === 'keyword' || maps.length === 0;
    return isBare ? form : { ...form, meta: mergeMeta(maps) };
  }

  /** What `^…` says about `target`; null when it cannot say that there. */
  private metaMap(frame: Frame, target: Form): MapForm | null {
    const written = this.pending.at(frame.from);
    if (written.kind === 'map') return written;
    if (written.kind !== 'keyword' || written.name === '') {
      this.misplaced(frame, 'After `^` a map is needed', 'Write `^{:key value} form`.');
      return null;
    }
    if (!this.isDefinedName(target)) {
      const cure = `Here, write \`^{:${written.name} true}\`.`;
      this.misplaced(frame, `\`^:${written.name}\` may stand only before the name in \`def\`, \`defn\`, \`fn\` and \`defmacro\``, cure);
      return null;
    }
    const yes: Form = { kind: 'atom', value: true, span: written.span };
    return { kind: 'map', items: [written, yes], span: written.span };
  }

  /** Whether the form that comes next stands right after `def` and the like. */
  private isDefinedName(target: Form): boolean {
    const { kind, from } = this.frames.top;
    return kind === 'list' && this.pending.size === from + 1 && isDefined(this.pending.at(from), target);
  }

  private misplaced(frame: Frame, message: string, help?: string): void {
    this.complain('E0115', message, frame.start, frame.markEnd, help === undefined ? [] : [help]);
  }

  // ── function literals ──────────────────────────────────────────────────────────────────────────────────────────

  private enterFnLiteral(frame: Frame): void {
    if (this.fnLiteral === null) {
      this.fnLiteral = frame;
      return;
    }
    const related = [{ span: this.span(this.fnLiteral.start, this.fnLiteral.markEnd), message: 'the outer one begins here' }];
    const cure = 'Write the inner one as `(fn [x] …)`.';
    this.complain('E0111', 'A `#(…)` cannot stand inside another', frame.start, frame.markEnd, [cure], related);
  }

  private argument(name: string, index: number, start: number, end: number): void {
    const literal = this.fnLiteral;
    if (literal === null) {
      this.emit({ kind: 'symbol', name, span: this.span(start, end) });
      return;
    }
    if (index > ARGUMENTS_MAX) {
      this.complain('E0119', `${shown(name)} is beyond the last argument of \`#(…)\`, \`%${ARGUMENTS_MAX}\``, start, end, []);
    } else if (this.discarding === 0) {
      if (index === 0) literal.usesRest = true;
      else literal.highest = Math.max(literal.highest, index);
    }
    this.emit({ kind: 'symbol', name: index === 0 ? name : `%${index}`, span: this.span(start, end) });
  }

  /** `(fn [%1 … & %&] (…))`; the parts that nobody wrote have the span of `#(`. */
  private fnForm(frame: Frame, items: Form[], span: Span): Form {
    const body: ListForm = { kind: 'list', items, span: this.span(frame.start + 1, span.end) };
    if (this.fnLiteral !== frame) return body;
    this.fnLiteral = null;
    const mark = this.span(frame.start, frame.markEnd);
    const names: string[] = [];
    for (let i = 1; i <= frame.highest; i++) names.push(`%${i}`);
    if (frame.usesRest) names.push('&', '%&');
    const parameters: VectorForm = { kind: 'vector', items: names.map((name) => ({ kind: 'symbol', name, span: mark })), span: mark };
    return { kind: 'list', items: [{ kind: 'symbol', name: 'fn', span: mark }, parameters, body], span };
  }

  // ── small parts ────────────────────────────────────────────────────────────────────────────────────────────────

  private atomForm(value: AtomValue, start: number, end: number): Form {
    return { kind: 'atom', value, span: this.span(start, end) };
  }

  private span(start: number, end: number): Span {
    return { file: this.file, start, end };
  }

  private complain(code: Code, message: string, start: number, end: number, help: readonly string[], related: readonly RelatedPlace[] = []): void {
    if (this.diagnostics.length < DIAGNOSTICS_MAX) this.diagnostics.push(diagnostic(code, message, this.span(start, end), { help, related }));
    this.sound = false;
  }
}

/** A literal as a message shows it, with a blank before; nothing for a collection, which the span shows. */
function literalText(form: Form): string {
  if (form.kind === 'keyword') return ` ${shown(`:${form.name}`)}`;
  return form.kind === 'atom' ? ` ${shown(printBrief(form.value, LITERAL_SHOWN_MAX))}` : '';
}
