/**
 * The steps of a run as a tree, built from its events as they come. It owns what is remembered of each step, and for how
 * long; it knows neither terminals nor clocks: whoever adds an event says when it happened.
 *
 * - M1 Every event is worth a bounded amount of work, and memory does not grow with the length of the run: of a loop the
 *   passes are counted and only the last one's steps are kept, of the finished children of a step the latest.
 * - M2 Events of contexts that are not known (any more) change nothing.
 */
import type { Event } from '../../evaluator/event.ts';
import { printBrief } from '../../value/print.ts';
import { ErrorValue, type Value } from '../../value/value.ts';

/** `stopped`: the run ended, and the step had not. */
export type StepState = 'running' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'stopped' | 'undoing' | 'undone' | 'undo-failed';

export interface StepView {
  readonly name: string;
  readonly state: StepState;
  readonly startedMs: number;
  /** Null while it has not ended. */
  readonly endedMs: number | null;
  /** Counts from 1. */
  readonly attempt: number;
  /** When the next attempt begins; counts only while the state is `retrying`. */
  readonly retryAtMs: number;
  /** Passes begun. */
  readonly passes: number;
  /** What took the place of a failure. */
  readonly recoveredBy: 'fallback' | 'delegate' | null;
  /** What it failed with, last. */
  readonly message: string | null;
  readonly children: readonly StepView[];
  /** Finished children that are no longer among `children`. */
  readonly folded: number;
}

/** Finished children of one step that are kept. */
const KEPT_CHILDREN = 100;
const MESSAGE_LENGTH_MAX = 500;
const ROOT_ID = 'root';

type Node = { -readonly [Key in keyof Omit<StepView, 'children'>]: StepView[Key] } & {
  readonly id: string;
  readonly parent: Node | null;
  readonly children: Node[];
  /** How many of the children have ended. */
  ended: number;
};

export class Progress {
  private readonly top: Node = nodeOf(ROOT_ID, ROOT_ID, null, 0);
  /** By the id of the context; a pass is its loop. */
  private readonly nodes = new Map<string, Node>([[ROOT_ID, this.top]]);
  /** In the order in which they started, so the first one has been open for longest. */
  private readonly open = new Set<Node>();
  private longestEndedMs = 0;

  /** The run itself: its children are the outermost steps. */
  get root(): StepView {
    return this.top;
  }

  /** How long the step took that took longest, ended or not. */
  longestMs(nowMs: number): number {
    const [oldest] = this.open;
    return oldest === undefined ? this.longestEndedMs : Math.max(this.longestEndedMs, nowMs - oldest.startedMs);
  }

  /** The run is over: what is still open will not end. */
  stop(nowMs: number): void {
    for (const node of [...this.open]) this.end(node, 'stopped', nowMs);
  }

  add(event: Event, nowMs: number): void {
    const node = this.nodes.get(event.step);
    switch (event.kind) {
      case 'step-started':
        return this.begin(event.step, event.name, this.nodes.get(event.parent ?? ROOT_ID) ?? this.top, nowMs);
      case 'branch-started':
        return this.begin(event.step, `branch ${event.index}`, this.around(event.step, event.index), nowMs);
      case 'pass-started':
        return this.pass(event.step, event.index);
      case 'step-completed':
      case 'branch-completed':
        return this.end(node, 'completed', nowMs);
      case 'step-failed':
      case 'branch-failed':
        return this.fail(node, event.error, nowMs);
      case 'branch-cancelled':
        return this.cancel(node, nowMs);
      case 'step-retrying':
        return this.retry(node, event.attempt + 1, nowMs + event.delayMs, event.error);
      case 'step-recovered':
        if (node === undefined) return;
        node.recoveredBy = event.by;
        node.message = messageOf(event.error);
        return;
      case 'compensation-started':
        return this.undo(node, event.name, 'completed', 'undoing', null);
      case 'compensation-completed':
        return this.undo(node, event.name, 'undoing', 'undone', null);
      case 'compensation-failed':
        return this.undo(node, event.name, 'undoing', 'undo-failed', event.error);
      case 'pass-completed':
      case 'pass-failed':
      case 'context-set':
      case 'merged':
      case 'answer-dropped':
        return;
    }
  }

  private begin(id: string, name: string, parent: Node, nowMs: number): void {
    const known = this.nodes.get(id);
    if (known !== undefined && known !== this.top) this.forget(known);
    const node = nodeOf(id, name, parent, nowMs);
    parent.children.push(node);
    this.nodes.set(id, node);
    this.open.add(node);
    if (parent.state === 'retrying') parent.state = 'running';
  }

  /** The steps of a pass are shown as children of the loop. */
  private pass(id: string, index: number): void {
    const loop = this.around(id, index);
    this.forgetChildren(loop);
    this.nodes.delete(`${loop.id}/${index - 1}`);
    this.nodes.set(id, loop);
    loop.passes = index + 1;
    if (loop.state === 'retrying') loop.state = 'running';
  }

  /** What a pass or a branch belongs to. */
  private around(id: string, index: number): Node {
    return this.nodes.get(id.slice(0, -`/${index}`.length)) ?? this.top;
  }

  private end(node: Node | undefined, state: StepState, nowMs: number): void {
    if (node === undefined || !this.open.delete(node)) return;
    node.state = state;
    node.endedMs = nowMs;
    this.longestEndedMs = Math.max(this.longestEndedMs, nowMs - node.startedMs);
    const { parent } = node;
    if (parent === null) return;
    parent.ended += 1;
    if (parent.ended > KEPT_CHILDREN) this.fold(parent);
  }

  private fail(node: Node | undefined, error: Value, nowMs: number): void {
    if (node !== undefined) node.message = messageOf(error);
    this.end(node, isCancelled(error) ? 'cancelled' : 'failed', nowMs);
  }

  private cancel(branch: Node | undefined, nowMs: number): void {
    if (branch !== undefined) for (const node of subtree(branch).reverse()) this.end(node, 'cancelled', nowMs);
  }

  private retry(node: Node | undefined, attempt: number, retryAtMs: number, error: Value): void {
    if (node === undefined) return;
    this.forgetChildren(node);
    Object.assign(node, { state: 'retrying', attempt, retryAtMs, message: messageOf(error), passes: 0 } satisfies Partial<Node>);
  }

  /** An event of a compensation names the step that is undone; its context may be that of the step, or one around it. */
  private undo(around: Node | undefined, name: string, from: StepState, to: StepState, error: Value): void {
    const node = around === undefined ? undefined : subtree(around).findLast((one) => one.name === name && one.state === from);
    if (node === undefined) return;
    node.state = to;
    if (error !== null) node.message = messageOf(error);
  }

  private fold(parent: Node): void {
    this.forget(parent.children.find((child) => child.endedMs !== null)!);
    parent.folded += 1;
  }

  private forgetChildren(node: Node): void {
    for (const child of [...node.children]) this.forget(child);
    node.folded = 0;
  }

  private forget(root: Node): void {
    for (const node of subtree(root)) {
      this.nodes.delete(node.id);
      if (node.passes > 0) this.nodes.delete(`${node.id}/${node.passes - 1}`);
      this.open.delete(node);
    }
    const { parent } = root;
    if (parent === null) return;
    parent.children.splice(parent.children.indexOf(root), 1);
    if (root.endedMs !== null) parent.ended -= 1;
  }
}

function nodeOf(id: string, name: string, parent: Node | null, nowMs: number): Node {
  return {
    id, name, parent, state: 'running', startedMs: nowMs, endedMs: null, attempt: 1, retryAtMs: nowMs, passes: 0, recoveredBy: null, message: null, children: [], folded: 0, ended: 0,
  };
}

/** The node and all below it, parents before their children. Steps may be nested deeper than the JavaScript stack bears. */
function subtree(root: Node): Node[] {
  const all: Node[] = [];
  const left = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    all.push(node);
    for (let i = node.children.length - 1; i >= 0; i--) left.push(node.children[i]!);
  }
  return all;
}

function isCancelled(error: Value): boolean {
  return error instanceof ErrorValue && error.type.name === 'error/cancelled';
}

/** What a failure says, its first line. */
export function messageOf(error: Value): string {
  const text = error instanceof ErrorValue ? error.message : printBrief(error, MESSAGE_LENGTH_MAX);
  return text.split('\n', 1)[0]!.slice(0, MESSAGE_LENGTH_MAX);
}
