/**
 * Repairs unbalanced brackets, so that one missing bracket is one message, at the place where a person would look, and
 * the rest of the text is read as it was meant.
 *
 * A plan is a list of edits (put a bracket in, leave one out, take one for another), and the plan with the fewest edits
 * wins. Where several plans cost the same, indentation decides: a line that begins at or left of an open bracket is
 * outside of it, and an opening bracket at the start of a line begins a top-level form. The work is bounded (`Budget`):
 * hostile text gets a plan that is cheap to find instead of the best one.
 */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { type Layout, layOut } from './read-layout.ts';
import { describeEdits, type Edit } from './read-repair-message.ts';
import { sharedScanning, type Token, type TokenType } from './tokens.ts';

export interface Repaired {
  readonly tokens: Token[];
  readonly diagnostics: Diagnostic[];
}

export function repairBrackets(tokens: readonly Token[], text: string, file: string): Repaired {
  const types = sharedScanning().tokens;
  const layout = layOut(tokens, text, types);
  const edits = planEdits(layout, (i) => tokens[i]!.tokenType === types.openString || tokens[i]!.tokenType === types.openComment);
  return {
    tokens: applyEdits(tokens, edits.all, text.length),
    diagnostics: describeEdits(edits.reported, tokens, layout, file, text.length),
  };
}

/** For texts that are too long to repair: the first bracket that does not fit, or else what is open at the end; in one pass. */
export function firstMisfit(tokens: readonly Token[], text: string, file: string): readonly Diagnostic[] {
  const layout = layOut(tokens, text, sharedScanning().tokens);
  const open: number[] = [];
  let misfit: Edit | null = null;
  for (let at = 0; at < layout.size && misfit === null; at++) {
    const kind = layout.kind[at]!;
    if (kind === 0) continue;
    if (kind <= 3) open.push(at);
    else {
      const opener = open.pop();
      if (opener === undefined) misfit = { kind: 'delete', at, opener: null };
      else if (layout.kind[opener] !== kind - 3) misfit = { kind: 'replace', at, opener };
    }
  }
  const atEnd = open.reverse().map((opener): Edit => ({ kind: 'insert', at: layout.size, opener, reason: 'end' }));
  return describeEdits(misfit === null ? atEnd : [misfit], tokens, layout, file, text.length);
}

// ── the plan for the whole text ──────────────────────────────────────────────────────────────────────────────────

interface Plan {
  readonly all: Edit[];
  /** Without those where an unclosed string or comment has swallowed the brackets: that has its own message. */
  readonly reported: Edit[];
}

/** How many times fewer edits are needed to believe that the layout means nothing. */
const FLAT_GAIN = 3;

function planEdits(layout: Layout, swallows: (index: number) => boolean): Plan {
  const budget: Budget = { steps: 20 * layout.size + 1_000_000 };
  const all: Edit[] = [];
  const reported: Edit[] = [];
  for (let from = 0; from < layout.size; ) {
    const to = unitEnd(layout, from);
    const edits = repairUnit(layout, from, to, budget);
    for (const edit of edits) all.push(edit);
    if (!swallows(to - 1)) for (const edit of edits) reported.push(edit);
    from = to;
  }
  if (reported.length < 2 || swallows(layout.size - 1)) return { all, reported };
  // Code that is not indented at all has top-level forms that are none.
  const flat = new UnitRepair(layout, 0, layout.size, budget).run(false, null);
  return FLAT_GAIN * flat.length <= reported.length ? { all: flat, reported: flat } : { all, reported };
}

/** Where the stretch of text that begins at `from` ends: before the next top-level form, as far as layout tells. */
function unitEnd(layout: Layout, from: number): number {
  let i = from;
  while (i < layout.size) {
    if (i > from && beginsTopLevel(layout, i)) return i;
    const balanced = layout.match[i]!;
    i = balanced >= 0 ? balanced + 1 : i + 1;
  }
  return layout.size;
}

/** An opening bracket, or a shorthand right before one, at the very start of a line. */
function beginsTopLevel({ kind, column, first, size }: Layout, i: number): boolean {
  if (first[i] === 0 || column[i] !== 0) return false;
  const k = kind[i]!;
  if (k !== 0) return k <= 3;
  return i + 1 < size && first[i + 1] === 0 && column[i + 1]! <= 2 && kind[i + 1]! >= 1 && kind[i + 1]! <= 3;
}

/** How many ways of leaving out an earlier bracket are tried. */
const EARLY_CLOSERS_MAX = 5;

function repairUnit(layout: Layout, from: number, to: number, budget: Budget): Edit[] {
  const repair = new UnitRepair(layout, from, to, budget);
  const byLayout = repair.run(true, null);
  if (byLayout.length === 0) return byLayout;
  const plain = repair.run(false, null);
  const best = plain.length < byLayout.length ? plain : byLayout;
  const stray = best.find((edit) => edit.kind === 'delete');
  if (stray === undefined) return best;
  for (const early of earlyClosers(layout, from, stray.at)) {
    if (budget.steps <= 0) break;
    const other = repair.run(true, early);
    if (other.length <= best.length) return other;
  }
  return best;
}

/**
 * Closing brackets before `stray` that may be the one too many: what follows them on the next line is indented as if it
 * were still inside. The latest first.
 */
function earlyClosers({ kind, column, first }: Layout, from: number, stray: number): number[] {
  const open: number[] = [];
  const found: number[] = [];
  for (let i = from; i < stray; i++) {
    const k = kind[i]!;
    if (k >= 1 && k <= 3) open.push(i);
    const opener = k > 3 ? open.pop() : undefined;
    if (opener !== undefined && first[i + 1] === 1 && column[i + 1]! > column[opener]!) found.push(i);
  }
  return found.slice(-EARLY_CLOSERS_MAX).reverse();
}

// ── the plan for one stretch ─────────────────────────────────────────────────────────────────────────────────────

/** Tokens that may still be looked at in trying things out. */
interface Budget {
  steps: number;
}

/** The open brackets, innermost first; a linked list, so that trying something out copies nothing. */
interface Open {
  readonly opener: number;
  readonly below: Open | null;
}

/** How deep below the innermost bracket a closing bracket looks for its partner. */
const SEARCH_MAX = 32;

class UnitRepair {
  private readonly layout: Layout;
  private readonly from: number;
  private readonly to: number;
  private readonly budget: Budget;
  private edits: Edit[] = [];
  private open: Open | null = null;

  constructor(layout: Layout, from: number, to: number, budget: Budget) {
    this.layout = layout;
    this.from = from;
    this.to = to;
    this.budget = budget;
  }

  /** `early` is a closing bracket to leave out, or null. */
  run(byLayout: boolean, early: number | null): Edit[] {
    this.edits = [];
    this.open = null;
    const { kind, first } = this.layout;
    for (let i = this.from; i < this.to; i++) {
      const k = kind[i]!;
      if (byLayout && k <= 3 && first[i] === 1) this.closeByIndentation(i);
      if (k === 0) continue;
      if (k <= 3) this.open = { opener: i, below: this.open };
      else if (i === early) this.edits.push({ kind: 'delete', at: i, opener: this.open?.opener ?? null });
      else this.close(i, k);
    }
    while (this.open !== null) this.insert(this.to, 'end');
    return this.edits;
  }

  /** The innermost bracket is closed before the token `at`. */
  private insert(at: number, reason: 'mismatch' | 'indentation' | 'end'): void {
    this.edits.push({ kind: 'insert', at, opener: this.open!.opener, reason });
    this.open = this.open!.below;
  }

  private closeByIndentation(i: number): void {
    const { line, column } = this.layout;
    while (this.open !== null) {
      const { opener, below } = this.open;
      if (column[opener]! < column[i]! || line[opener] === line[i]) return;
      if (this.budget.steps <= 0 || 1 + this.costOf(i, below) > this.costOf(i, this.open)) return;
      this.insert(i, 'indentation');
    }
  }

  private close(i: number, k: number): void {
    const { open } = this;
    if (open === null) this.edits.push({ kind: 'delete', at: i, opener: null });
    else if (this.layout.kind[open.opener] === k - 3) this.open = open.below;
    else this.closeMismatch(i, open, this.partner(open, k));
  }

  /** The cheapest of: close what is open in between; take the bracket for the one expected; leave it out. */
  private closeMismatch(i: number, open: Open, partner: Partner | null): void {
    const insert = partner === null ? Infinity : partner.between + this.costOf(i + 1, partner.open.below);
    const replace = 1 + this.costOf(i + 1, open.below);
    const remove = 1 + this.costOf(i + 1, open);
    if (partner !== null && insert <= replace && insert <= remove) {
      while (this.open !== partner.open) this.insert(i, 'mismatch');
      this.open = partner.open.below;
    } else if (replace <= remove) {
      this.edits.push({ kind: 'replace', at: i, opener: open.opener });
      this.open = open.below;
    } else this.edits.push({ kind: 'delete', at: i, opener: null });
  }

  /** The open bracket that a closing one of kind `k` would close, and how many are open inside of it. */
  private partner(open: Open, k: number): Partner | null {
    let between = 0;
    for (let at: Open | null = open; at !== null && between <= SEARCH_MAX; at = at.below) {
      if (this.layout.kind[at.opener] === k - 3) return { open: at, between };
      between++;
    }
    return null;
  }

  /** About how many edits the rest of the stretch needs when `open` is open before the token `i`. */
  private costOf(i: number, open: Open | null): number {
    if (this.budget.steps <= 0) return 0;
    this.budget.steps -= 2 * (this.to - i);
    return Math.min(this.costWhen(i, open, true), this.costWhen(i, open, false));
  }

  /** `replacing`: a bracket without a partner is taken for the one expected; otherwise it is left out. */
  private costWhen(i: number, start: Open | null, replacing: boolean): number {
    const { kind } = this.layout;
    let open = start;
    let cost = 0;
    for (; i < this.to; i++) {
      const k = kind[i]!;
      if (k === 0) continue;
      if (k <= 3) open = { opener: i, below: open };
      else if (open !== null && kind[open.opener] === k - 3) open = open.below;
      else {
        const partner = open === null ? null : this.partner(open, k);
        cost += partner?.between ?? 1;
        if (partner !== null) open = partner.open.below;
        else if (replacing && open !== null) open = open.below;
      }
    }
    for (; open !== null; open = open.below) cost++;
    return cost;
  }
}

interface Partner {
  readonly open: Open;
  readonly between: number;
}

// ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────

function madeToken(tokenType: TokenType, image: string, startOffset: number): Token {
  return { image, startOffset, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx! };
}

/** `edits` come in the order of the text. */
function applyEdits(tokens: readonly Token[], edits: readonly Edit[], textEnd: number): Token[] {
  const { mend, scar } = sharedScanning().tokens;
  const result: Token[] = [];
  let next = 0;
  for (const edit of edits) {
    while (next < edit.at) result.push(tokens[next++]!);
    if (edit.kind === 'insert') {
      const before = tokens[edit.at - 1];
      result.push(madeToken(mend, '', before === undefined ? textEnd : before.startOffset + before.image.length));
    } else {
      const { image, startOffset } = tokens[next++]!;
      result.push(madeToken(edit.kind === 'replace' ? mend : scar, image, startOffset));
    }
  }
  while (next < tokens.length) result.push(tokens[next++]!);
  return result;
}
