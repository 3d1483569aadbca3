/**
 * The formatter: the author's line breaks, with indentation and spacing put right.
 *
 * It works on tokens, so comments, shorthands and literals stay as they were written. Line breaks are kept, but for
 * those after an opening and before a closing bracket; at most one blank line is kept. Only a collection that stood on
 * one line and does not fit in `LINE_WIDTH` columns gets line breaks of ours: a map or a binding vector before each pair,
 * other vectors and sets wherever they are full, a list by its head (format-rules.ts). Steps with options get some of ours
 * in any case (format-steps.ts).
 *
 * I1 Formatting what was formatted changes nothing. I2 The forms read from the result are those read before; a keyword
 * that touches the form before it (`x:int`) still does, one that does not still does not. I3 All comments survive, in
 * their order.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import { BINDING_HEADS, type Breaking, breakingOf, type HeadRule, ruleOf } from './format-rules.ts';
import { type Comment, type Gap, type Role, type Source, sourceOf } from './format-source.ts';
import { isStepHead, stepBreaks } from './format-steps.ts';
import { read, type ReadOptions } from './reader.ts';

export type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

const LINE_WIDTH = 100;
/** A formatted text may have so many more characters than before, and so many times as many. */
const LENGTH_SLACK = 1_000_000;
const LENGTH_FACTOR = 20;

/** Text with mistakes is not formatted. */
export function format(text: string, file: string, options: ReadOptions = {}): Formatted {
  const { diagnostics } = read(text, file, options);
  if (diagnostics.length > 0) return { diagnostics };
  const unixText = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const formatted = new Formatting(sourceOf(unixText), LENGTH_SLACK + LENGTH_FACTOR * text.length).run();
  if (formatted !== null) return { text: formatted };
  return { diagnostics: [diagnostic('E0117', 'The text is nested too deeply to be indented', { file, start: 0, end: 0 })] };
}

/** How a collection gets line breaks of ours: none, wherever it is full, by its head, or before certain tokens. */
type Layout = Breaking | 'keep' | 'full' | { readonly before: ReadonlySet<number> };

/** A collection that is being written, or the whole text. */
class Frame {
  readonly kind: 'program' | 'list' | 'collection';
  /** The column of the bracket itself, of its last character when it has two. */
  readonly column: number;
  readonly breaking: Layout;
  /** Finished elements; discarded forms do not count. */
  count = 0;
  /** Forms that are still needed to finish the current element; 0 between elements. */
  need = 0;
  discarding = false;
  /** The word at the head of a list. */
  head: string | null = null;
  rule: HeadRule | null = null;
  /** Where the second element begins. */
  secondColumn = 0;
  /** The body of a list begins on a line of its own. */
  bodyOnOwnLine = false;
  /** An argument was a vector: a parameter list, for `fn` and the like. */
  hasVector = false;
  /** The last token of the last element was a keyword. */
  afterKeyword = false;

  constructor(kind: 'program' | 'list' | 'collection', column: number, breaking: Layout) {
    this.kind = kind;
    this.column = column;
    this.breaking = breaking;
  }

  /** How far a line is indented that begins with element `count`, or within it. */
  indentation(): number {
    const { column, count, rule } = this;
    if (this.kind === 'program') return 0;
    if (this.kind === 'collection' || count === 0) return column + 1;
    const isBody = rule === 'body' || (rule !== null && (count <= rule + 1 || this.bodyOnOwnLine));
    return isBody ? column + 2 : count === 1 && this.need === 0 ? column + 1 : this.secondColumn;
  }
}

class Formatting {
  private readonly source: Source;
  private readonly widths: Float64Array;
  private readonly breaks: Int32Array;
  private readonly gathered: Int32Array;
  private readonly out: string[] = [];
  private column = 0;
  /** Of what was written. */
  private length = 0;
  private readonly lengthMax: number;
  private readonly below: Frame[] = [];
  private top = new Frame('program', 0, 'keep');

  constructor(source: Source, lengthMax: number) {
    this.lengthMax = lengthMax;
    this.source = source;
    this.widths = flatWidths(source);
    this.breaks = breakCounts(source);
    this.gathered = gatheredEnds(source);
  }

  /** Null when it would get far longer than the text: indentation grows with the square of the depth. */
  run(): string | null {
    const { size, roles } = this.source;
    for (let i = 0; i < size; i++) {
      if (this.length > this.lengthMax) return null;
      if (roles[i] === 'close') this.close(i);
      else this.token(i, roles[i]!);
    }
    this.comments(this.source.gaps[size]!, size);
    return this.out.length === 0 ? '' : `${this.out.join('')}\n`;
  }

  // ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private close(i: number): void {
    const lastEndsLine = this.comments(this.source.gaps[i]!, i);
    if (lastEndsLine) this.newline(1);
    this.write(this.source.images[i]!);
    this.top = this.below.pop()!;
    this.finishForm(i);
  }

  private token(i: number, role: Role): void {
    const frame = this.top;
    const isStart = frame.need === 0;
    const onOwnLine = this.gap(i, isStart);
    if (isStart) this.startElement(i, role, onOwnLine);
    if (role === 'discard' && isStart) frame.discarding = true;
    if (isStart) frame.need = 1;
    if (role === 'meta' || (role === 'discard' && !isStart)) frame.need++;
    const inner = role === 'open' ? this.frameAt(i) : null;
    this.write(this.source.images[i]!);
    if (inner !== null) {
      this.below.push(frame);
      this.top = inner;
    } else if (role === 'atom') this.finishForm(i);
  }

  private startElement(i: number, role: Role, onOwnLine: boolean): void {
    const frame = this.top;
    if (frame.kind !== 'list') return;
    if (frame.count === 0 && role === 'atom') {
      frame.head = this.source.images[i]!;
      frame.rule = ruleOf(frame.head);
    }
    if (frame.count === 1) frame.secondColumn = this.column;
    if (onOwnLine && typeof frame.rule === 'number' && frame.count === frame.rule + 1) frame.bodyOnOwnLine = true;
  }

  /** Token `i` ends a form of the frame on top. */
  private finishForm(i: number): void {
    const frame = this.top;
    if (--frame.need > 0) return;
    if (!frame.discarding) {
      frame.count++;
      frame.hasVector ||= frame.count > 1 && this.source.images[i] === ']';
      frame.afterKeyword = this.source.images[i]!.startsWith(':');
    }
    frame.discarding = false;
  }

  /** Made while the column is that of the bracket: it decides how the collection will be laid out. */
  private frameAt(i: number): Frame {
    const image = this.source.images[i]!;
    const kind = image.endsWith('(') ? 'list' : 'collection';
    return new Frame(kind, this.column + image.length - 1, this.layoutAt(i));
  }

  // ── gaps ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Writes what stands before token `i`; true when the token begins a line. */
  private gap(i: number, isStart: boolean): boolean {
    const gap = this.source.gaps[i]!;
    const endsLine = this.comments(gap, i);
    const afterOpen = i > 0 && this.source.roles[i - 1] === 'open';
    const kept = gap.newlines > 0 && !(afterOpen && gap.comments.length === 0);
    if (i === 0 && gap.comments.length === 0) return true;
    const needed = endsLine || kept ? Math.max(1, gap.newlines) : isStart && this.wantsBreak(i) ? 1 : 0;
    if (needed === 0) this.write(gap.comments.length > 0 ? ' ' : separator(this.source, i));
    else {
      if (gap.comments.length === 0 && commaBefore(this.source, i)) this.write(',');
      this.newline(needed);
    }
    return needed > 0;
  }

  /** Writes the comments of a gap; true when the last one ends its line. */
  private comments(gap: Gap, i: number): boolean {
    let endsLine = false;
    if (gap.comments.length > 0 && commaBefore(this.source, i)) this.write(',');
    for (const [index, comment] of gap.comments.entries()) {
      this.beforeComment(comment, i, index === 0, endsLine);
      this.write(comment.text);
      ({ endsLine } = comment);
    }
    return endsLine;
  }

  private beforeComment(comment: Comment, i: number, isFirst: boolean, afterLine: boolean): void {
    const previous = i > 0 ? this.source.roles[i - 1] : undefined;
    if (isFirst && i === 0) return;
    if (comment.newlines > 0 || afterLine) this.newline(isFirst && previous === 'open' ? 1 : Math.max(1, comment.newlines));
    else if (!(isFirst && previous === 'open')) this.write(comment.endsLine && isFirst ? ' '.repeat(Math.max(1, comment.blanks)) : ' ');
  }

  private newline(count: number): void {
    this.out.push(count > 1 ? '\n\n' : '\n');
    const indentation = this.top.indentation();
    this.out.push(' '.repeat(indentation));
    this.column = indentation;
    this.length += count + indentation;
  }

  private write(text: string): void {
    this.out.push(text);
    this.length += text.length;
    const lastLine = text.lastIndexOf('\n');
    this.column = lastLine < 0 ? this.column + text.length : text.length - lastLine - 1;
  }

  // ── line breaks of ours ────────────────────────────────────────────────────────────────────────────────────────

  private layoutAt(i: number): Layout {
    const end = this.source.match[i]!;
    const isBroken = this.isBroken(i, end);
    if (!isBroken && this.column + this.flatWidth(i, end) <= LINE_WIDTH) return 'keep';
    const head = this.headOf(i);
    if (isStepHead(head)) return { before: this.stepBreaks(i, head) };
    return isBroken ? 'keep' : this.breakingAt(i);
  }

  /** The word at the head of the list that opens at token `i`. */
  private headOf(i: number): string | null {
    const { images, roles } = this.source;
    return images[i]!.endsWith('(') && roles[i + 1] === 'atom' ? images[i + 1]! : null;
  }

  private stepBreaks(i: number, head: string): ReadonlySet<number> {
    return stepBreaks(i, head, {
      source: this.source,
      column: this.column,
      indentation: this.column + this.source.images[i]!.length + 1,
      width: LINE_WIDTH,
      flatWidth: (from, to) => this.flatWidth(from, to),
      isBroken: (from, to) => this.isBroken(from, to),
      startsLine: (token) => keepsBreak(this.source, token),
      elementEnd: (from) => this.elementEnd(from),
    });
  }

  private isBroken(from: number, to: number): boolean {
    return this.breaks[to]! > this.breaks[from]!;
  }

  /** The columns of tokens `from` to `to` on one line, with the closing brackets that follow at once. */
  private flatWidth(from: number, to: number): number {
    return this.widths[this.gathered[to]!]! - this.widths[from]! + this.source.images[from]!.length;
  }

  private breakingAt(i: number): Layout {
    const image = this.source.images[i]!;
    if (image === '{') return { from: 2, step: 2 };
    if (image.endsWith('(')) return this.listBreaking(i);
    const isBindings = image === '[' && this.top.kind === 'list' && this.top.count === 1 && this.top.head !== null && BINDING_HEADS.has(this.top.head);
    return isBindings && this.arePairs(i) ? { from: 2, step: 2 } : 'full';
  }

  private listBreaking(i: number): Breaking | 'keep' {
    const head = this.headOf(i);
    if (head !== 'match') return breakingOf(head);
    return this.words(i).some((word) => word === 'when' || word === ':when') ? 'keep' : { from: 2, step: 2 };
  }

  /** Whether a binding vector holds patterns and values only, no annotations. */
  private arePairs(i: number): boolean {
    return !this.words(i).some((word) => word === ':' || word.endsWith(':') || /^[^":]+:/.test(word) || word === ':when' || word === ':let' || word === ':while');
  }

  /** The atoms that stand right in the collection that opens at token `i`. */
  private words(i: number): string[] {
    const { images, roles, match } = this.source;
    const words: string[] = [];
    for (let at = i + 1; at < match[i]!; at = roles[at] === 'open' ? match[at]! + 1 : at + 1) {
      if (roles[at] === 'atom') words.push(images[at]!);
    }
    return words;
  }

  /** Whether the element that begins with token `i` goes on a line of its own. */
  private wantsBreak(i: number): boolean {
    const { breaking, count, hasVector, afterKeyword } = this.top;
    if (typeof breaking === 'object' && 'before' in breaking) return breaking.before.has(i);
    const image = this.source.images[i]!;
    switch (breaking) {
      case 'keep':
        return false;
      case 'full':
        return count > 0 && this.column + separator(this.source, i).length + this.flatWidth(i, this.elementEnd(i)) > LINE_WIDTH;
      case 'parameters':
        return hasVector || (count > 0 && image === '(');
      case 'options':
        return count > 1 && !afterKeyword && !image.startsWith(':');
      default:
        return count >= breaking.from && (count - breaking.from) % breaking.step === 0;
    }
  }

  /** The last token of the element that begins with token `i`. */
  private elementEnd(i: number): number {
    const { roles, match } = this.source;
    let need = 1;
    let at = i;
    for (; ; at++) {
      const role = roles[at]!;
      if (role === 'meta' || (role === 'discard' && at > i)) need++;
      if (role === 'open') at = match[at]!;
      if ((role === 'open' || role === 'atom') && --need === 0) return at;
    }
  }
}

// ── what stands between two tokens on one line ───────────────────────────────────────────────────────────────────

function isPrefix(role: Role | undefined): boolean {
  return role === 'prefix' || role === 'meta' || role === 'discard';
}

/** Commas are kept where they separate two forms. */
function commaBefore({ gaps, roles, size }: Source, i: number): boolean {
  if (i === 0 || i === size || !gaps[i]!.comma) return false;
  return roles[i] !== 'close' && roles[i - 1] !== 'open' && !isPrefix(roles[i - 1]);
}

/** The blanks before token `i` when it stays on the line, comments aside. */
function separator(source: Source, i: number): string {
  const { images, roles, gaps } = source;
  const before = roles[i - 1];
  if (before === undefined || before === 'open' || roles[i] === 'close') return '';
  // `~ @x` must not become `~@x`.
  if (isPrefix(before)) return images[i - 1] === '~' && images[i]!.startsWith('@') ? ' ' : '';
  // `x:int`, `x:[…]`: that they touch has a meaning (§2.6 of the language).
  if (gaps[i]!.touching && (images[i]!.startsWith(':') || images[i - 1]!.endsWith(':'))) return '';
  return commaBefore(source, i) ? ', ' : ' ';
}

/** `widths[j] - widths[i]`: the columns from the end of token `i` to the end of token `j` when all is on one line. */
function flatWidths(source: Source): Float64Array {
  const widths = new Float64Array(source.size);
  let sum = 0;
  for (let i = 0; i < source.size; i++) {
    for (const comment of source.gaps[i]!.comments) sum += comment.text.length + 1;
    sum += separator(source, i).length + source.images[i]!.length;
    widths[i] = sum;
  }
  return widths;
}

/** For each token the last of the closing brackets that follow it at once, or itself. */
function gatheredEnds({ size, roles, gaps }: Source): Int32Array {
  const ends = new Int32Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const goesOn = roles[i + 1] === 'close' && gaps[i + 1]!.comments.length === 0;
    ends[i] = goesOn ? ends[i + 1]! : i;
  }
  return ends;
}

/** `breaks[j] - breaks[i]`: how many line breaks the author put between tokens `i` and `j` that will be kept. */
function breakCounts(source: Source): Int32Array {
  const breaks = new Int32Array(source.size);
  let sum = 0;
  for (let i = 0; i < source.size; i++) {
    if (keepsBreak(source, i)) sum++;
    breaks[i] = sum;
    if (source.images[i]!.includes('\n')) sum++;
  }
  return breaks;
}

/** Whether the author's line break before token `i` is kept. */
function keepsBreak({ gaps, roles }: Source, i: number): boolean {
  const { comments, newlines } = gaps[i]!;
  if (comments.some((comment) => comment.endsLine || comment.newlines > 0 || comment.text.includes('\n'))) return true;
  const gathered = roles[i] === 'close' || (roles[i - 1] === 'open' && comments.length === 0);
  return newlines > 0 && !gathered;
}
