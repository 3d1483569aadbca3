/**
 * The tree of steps as lines of text: a pure function of the tree, the time and the size. No line is wider than the
 * terminal, no text of a program reaches it that could move the cursor, and there are never more lines than fit: what has
 * ended is hidden first, the oldest before the latest, and what is still going on last.
 */
import { columnsBetween, glyphAt, nextOffset, printable } from '../../diagnostic/terminal.ts';
import type { StepState, StepView } from './model.ts';

export interface Size {
  /** What a line may take. */
  readonly columns: number;
  readonly rows: number;
}

export interface Line {
  readonly text: string;
  /** Without what colours take. */
  readonly columns: number;
}

const SYMBOLS: Readonly<Record<StepState, string>> = {
  running: '●', retrying: '↻', completed: '✓', failed: '✗', cancelled: '⊘', stopped: '■', undoing: '↶', undone: '↶', 'undo-failed': '✗',
};

const CYAN = '36';
const GREEN = '32';
const YELLOW = '33';
const RED = '31';
const DIM = '2';

const COLOURS: Readonly<Record<StepState, string>> = {
  running: CYAN, retrying: YELLOW, completed: GREEN, failed: RED, cancelled: DIM, stopped: YELLOW, undoing: CYAN, undone: YELLOW, 'undo-failed': RED,
};

/** The columns that one level is indented by. */
const INDENT = 3;
const DEPTH_MAX = 40;

export function renderTree(root: StepView, nowMs: number, size: Size, colour: boolean): Line[] {
  const branch = branchOf(root, Math.min(DEPTH_MAX, Math.max(3, Math.floor(size.columns / 2 / INDENT))));
  fit(branch, size.rows);
  const rows: Row[] = branch.hidden > 0 ? [{ prefix: '', content: `… ${hiddenText(branch.hidden)}` }] : [];
  addRows(branch, null, rows);
  const excess = rows.length - size.rows;
  const shown = excess <= 0 ? rows : [...rows.slice(0, Math.max(0, size.rows - 1)), { prefix: '', content: `… ${excess + 1} more lines` }];
  return shown.slice(0, size.rows).map((row) => lineOf(row, nowMs, size.columns, colour));
}

// ── which steps ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A step with what is shown below it. */
interface Branch {
  readonly view: StepView;
  children: Branch[];
  /** Finished children that are not among them. */
  hidden: number;
}

function branchOf(view: StepView, depth: number): Branch {
  if (depth === 0) return { view, children: [], hidden: 0 };
  return { view, children: view.children.map((child) => branchOf(child, depth - 1)), hidden: view.folded };
}

/** Lines that it takes: what is hidden is told in its own. */
function height({ children }: Branch): number {
  return children.reduce((sum, child) => sum + height(child), 1);
}

/** Hides what has ended until the rest fits: what is inside it, then what went well, then all of it. */
function fit(root: Branch, rows: number): void {
  const excess = (): number => height(root) - rows - (root.hidden > 0 ? 0 : 1);
  if (excess() > 0) close(root, excess());
  for (const isHidable of [wentWell, hasEnded]) while (excess() > 0 && hide(root, isHidable, excess()) > 0);
}

/** Gives the lines that are saved: at least `wanted`, or all that can be. */
function close(branch: Branch, wanted: number): number {
  let saved = 0;
  for (const child of branch.children) {
    if (saved >= wanted) break;
    if (!hasEnded(child.view)) saved += close(child, wanted - saved);
    else {
      saved += height(child) - 1;
      child.children = [];
    }
  }
  return saved;
}

function hide(branch: Branch, isHidable: (view: StepView) => boolean, wanted: number): number {
  let saved = 0;
  const kept: Branch[] = [];
  for (const child of branch.children) {
    if (saved < wanted && isHidable(child.view)) {
      saved += height(child);
      branch.hidden += 1;
    } else kept.push(child);
  }
  branch.children = kept;
  for (const child of kept) if (saved < wanted) saved += hide(child, isHidable, wanted - saved);
  return saved;
}

function hasEnded(view: StepView): boolean {
  return view.endedMs !== null;
}

function wentWell(view: StepView): boolean {
  return view.state === 'completed';
}

// ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Row {
  readonly prefix: string;
  /** A step, or words of ours. */
  readonly content: Branch | string;
}

/** The outermost steps, for which there is no indent, stand at the margin. */
function addRows({ children }: Branch, indent: string | null, rows: Row[]): void {
  children.forEach((child, index) => {
    const isLast = index === children.length - 1;
    const prefix = indent === null ? '' : `${indent}${isLast ? '└─ ' : '├─ '}`;
    rows.push({ prefix, content: child });
    addRows(child, indent === null ? '' : `${indent}${isLast ? '   ' : '│  '}`, rows);
  });
}

function lineOf({ prefix, content }: Row, nowMs: number, columns: number, colour: boolean): Line {
  if (typeof content === 'string') return lineOfParts([[DIM, prefix + content]], columns, colour);
  const { view, hidden } = content;
  const state = stateAt(view, nowMs);
  return lineOfParts([[DIM, prefix], [COLOURS[state], SYMBOLS[state]], [null, ` ${printable(view.name)}`], [DIM, `  ${printable(details(view, state, hidden, nowMs))}`]], columns, colour);
}

/** A colour, null for none, and what is shown in it. */
type Part = readonly [string | null, string];

function lineOfParts(parts: readonly Part[], columnsMax: number, colour: boolean): Line {
  const whole = parts.reduce((sum, [, text]) => sum + columnsOf(text), 0);
  const isCut = whole > columnsMax;
  let left = isCut ? columnsMax - 1 : columnsMax;
  let line = '';
  let columns = 0;
  for (const [style, part] of parts) {
    const text = beginning(part, left);
    const taken = columnsOf(text);
    line += colour && style !== null && text !== '' ? `\u001b[${style}m${text}\u001b[0m` : text;
    left -= taken;
    columns += taken;
    if (text.length < part.length) break;
  }
  return isCut ? { text: `${line}…`, columns: columns + 1 } : { text: line, columns };
}

function columnsOf(text: string): number {
  return columnsBetween(text, 0, text.length);
}

/** As much of it as fits. */
function beginning(text: string, columns: number): string {
  let end = 0;
  for (let taken = 0; end < text.length; end = nextOffset(text, end)) {
    taken += glyphAt(text, end).columns;
    if (taken > columns) break;
  }
  return text.slice(0, end);
}

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An attempt that was waited for has begun, though nobody says so. */
function stateAt({ state, retryAtMs }: StepView, nowMs: number): StepState {
  return state === 'retrying' && nowMs >= retryAtMs ? 'running' : state;
}

/** `running 1.2 s · attempt 2 · 3 passes`. */
function details(view: StepView, state: StepState, hidden: number, nowMs: number): string {
  const facts = [stateText(view, state, nowMs)];
  if (view.attempt > 1) facts.push(`attempt ${view.attempt}`);
  if (view.passes > 0) facts.push(view.passes === 1 ? '1 pass' : `${view.passes} passes`);
  if (view.recoveredBy !== null) facts.push(`by ${view.recoveredBy}`);
  if (hidden > 0) facts.push(hiddenText(hidden));
  const reason = SAY_WHY.has(state) || view.recoveredBy !== null ? view.message : null;
  return facts.join(' · ') + (reason === null ? '' : `: ${reason}`);
}

function hiddenText(count: number): string {
  return `${count} more finished`;
}

const SAY_WHY: ReadonlySet<StepState> = new Set(['failed', 'retrying', 'undo-failed']);

function stateText({ startedMs, endedMs, retryAtMs }: StepView, state: StepState, nowMs: number): string {
  const spent = duration((endedMs ?? nowMs) - startedMs, endedMs === null);
  switch (state) {
    case 'running':
      return `running ${spent}`;
    case 'retrying':
      return `retrying in ${duration(retryAtMs - nowMs, true)}`;
    case 'completed':
      return `completed in ${spent}`;
    case 'failed':
      return `failed after ${spent}`;
    case 'cancelled':
      return `cancelled after ${spent}`;
    case 'stopped':
      return `stopped after ${spent}`;
    case 'undoing':
    case 'undone':
      return state;
    case 'undo-failed':
      return 'undo failed';
  }
}

/** `12 ms`, `1.2 s`, `1 min 05 s`, `2 h 03 min`. What still runs has no milliseconds: they would only flicker. */
export function duration(ms: number, isRunning = false): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000 && !isRunning) return `${whole} ms`;
  if (whole < 59_950) return `${(whole / 1000).toFixed(1)} s`;
  const seconds = Math.round(whole / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
