/**
 * The contexts of a run, as its events tell of them. Events are taken in the order of their positions, so the tree is the
 * same whatever order the answers came in. Of a step that was tried again the last attempt is shown.
 */
import { comparePositions } from '../../evaluator/event.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import { numberOf, objectsOf, type ReadEvent, type ReadStream, textOf, textsOf } from './read.ts';

export type ContextState = 'open' | 'completed' | 'failed' | 'cancelled';

export interface KeyView {
  readonly key: string;
  /** Null for what came about by merging. */
  readonly sizeBytes: number | null;
  readonly hash: string | null;
  readonly derivedFrom: readonly { readonly key: string; readonly context: string }[];
}

export interface ConflictView {
  readonly key: string;
  /** The keys below it under which the values met. */
  readonly path: readonly string[];
  readonly target: Value;
  readonly source: Value;
  readonly winner: string;
  readonly reason: string;
  readonly branches: Value;
}

export interface MergeView {
  readonly into: string;
  readonly policy: Value;
  readonly added: readonly string[];
  readonly kept: readonly string[];
  readonly overwritten: readonly string[];
  readonly merged: readonly string[];
  readonly conflicts: readonly ConflictView[];
}

export interface ContextView {
  readonly id: string;
  readonly name: string;
  /** `run` for the root, `pass` and `branch`, else that of the step; null when the stream does not tell how it began. */
  readonly form: string | null;
  /** Null where there is none of its own. */
  readonly isolation: string | null;
  readonly state: ContextState;
  readonly attempt: number;
  readonly keys: ReadonlyMap<string, KeyView>;
  readonly merges: readonly MergeView[];
  readonly children: readonly ContextView[];
}

type Context = { -readonly [Key in keyof Omit<ContextView, 'keys' | 'merges' | 'children'>]: ContextView[Key] } & {
  readonly keys: Map<string, KeyView>;
  readonly merges: MergeView[];
  readonly children: Context[];
  parent: Context | null;
};

const ROOT = 'root';
const STATUS_STATES: Readonly<Record<string, ContextState>> = { complete: 'completed', failed: 'failed' };

export function contextTree({ events, status }: ReadStream): ContextView {
  const tree = new Tree();
  for (const event of [...events].sort((a, b) => comparePositions(a.at, b.at))) tree.add(event);
  tree.root.state = STATUS_STATES[status ?? ''] ?? 'open';
  return tree.root;
}

class Tree {
  readonly root: Context = contextOf(ROOT, ROOT, 'run', null);
  private readonly contexts = new Map<string, Context>([[ROOT, this.root]]);

  add(event: ReadEvent): void {
    const { kind, step, fields } = event;
    switch (kind) {
      case 'step-started':
        return this.begin(step, textOf(fields, 'name') ?? step, textOf(fields, 'form'), textOf(fields, 'isolation'), this.find(textOf(fields, 'parent') ?? ROOT));
      case 'pass-started':
      case 'branch-started': {
        const index = String(numberOf(fields, 'index'));
        return this.begin(step, index, kind === 'pass-started' ? 'pass' : 'branch', null, this.find(step.slice(0, -index.length - 1)));
      }
      case 'step-completed':
      case 'pass-completed':
      case 'branch-completed':
        this.find(step).state = 'completed';
        return;
      case 'step-failed':
      case 'pass-failed':
      case 'branch-failed':
        this.find(step).state = isCancelled(fields) ? 'cancelled' : 'failed';
        return;
      case 'branch-cancelled':
        this.find(step).state = 'cancelled';
        return;
      case 'step-retrying':
        return this.retry(this.find(step), numberOf(fields, 'attempt') ?? 1);
      case 'context-set':
        return this.set(this.find(step), fields);
      case 'merged':
        return this.merge(this.find(step), fields);
      case 'step-recovered':
      case 'compensation-started':
      case 'compensation-completed':
      case 'compensation-failed':
      case 'answer-dropped':
        return;
    }
  }

  /** One that the stream does not tell the beginning of belongs to the root. */
  private find(id: string): Context {
    const known = this.contexts.get(id);
    if (known !== undefined) return known;
    const context = contextOf(id, id, null, null);
    this.join(context, this.root);
    return context;
  }

  private begin(id: string, name: string, form: string | null, isolation: string | null, parent: Context): void {
    const known = this.contexts.get(id);
    const siblings = known?.parent?.children ?? [];
    if (known !== undefined && siblings.includes(known)) siblings.splice(siblings.indexOf(known), 1);
    this.join(contextOf(id, name, form, isolation), parent);
  }

  private join(context: Context, parent: Context): void {
    context.parent = parent;
    parent.children.push(context);
    this.contexts.set(context.id, context);
  }

  private retry(context: Context, failedAttempt: number): void {
    context.attempt = failedAttempt + 1;
    context.keys.clear();
    context.merges.length = 0;
    context.children.length = 0;
  }

  private set(context: Context, fields: MapValue): void {
    const key = textOf(fields, 'key') ?? '?';
    const derivedFrom = objectsOf(fields, 'derivedFrom').map((origin) => ({ key: textOf(origin, 'key') ?? '?', context: textOf(origin, 'context') ?? '?' }));
    context.keys.set(key, { key, sizeBytes: numberOf(fields, 'sizeBytes'), hash: textOf(fields, 'hash'), derivedFrom });
  }

  private merge(context: Context, fields: MapValue): void {
    const merge = mergeOf(fields);
    const target = this.find(merge.into);
    context.merges.push(merge);
    for (const key of [...merge.added, ...merge.overwritten]) target.keys.set(key, sourceOf(context, key) ?? keyOf(key));
    for (const key of merge.merged) target.keys.set(key, keyOf(key));
  }
}

function contextOf(id: string, name: string, form: string | null, isolation: string | null): Context {
  return { id, name, form, isolation, state: 'open', attempt: 1, keys: new Map(), merges: [], children: [], parent: null };
}

/** What was merged: the context's own value, or that of its only branch that has one. */
function sourceOf(context: Context, key: string): KeyView | undefined {
  const own = context.keys.get(key);
  if (own !== undefined) return own;
  const values = context.children.filter((child) => child.form === 'branch').flatMap((branch) => branch.keys.get(key) ?? []);
  return values.every((value) => value.hash === values[0]?.hash) ? values[0] : undefined;
}

function keyOf(key: string): KeyView {
  return { key, sizeBytes: null, hash: null, derivedFrom: [] };
}

function mergeOf(fields: MapValue): MergeView {
  return {
    into: textOf(fields, 'into') ?? ROOT,
    policy: fields.get('policy') ?? null,
    added: textsOf(fields, 'added'),
    kept: textsOf(fields, 'kept'),
    overwritten: textsOf(fields, 'overwritten'),
    merged: textsOf(fields, 'merged'),
    conflicts: objectsOf(fields, 'conflicts').map((conflict) => ({
      key: textOf(conflict, 'key') ?? '?',
      path: textsOf(conflict, 'path'),
      target: conflict.get('target') ?? null,
      source: conflict.get('source') ?? null,
      winner: textOf(conflict, 'winner') ?? '?',
      reason: textOf(conflict, 'reason') ?? '?',
      branches: conflict.get('branches') ?? null,
    })),
  };
}

function isCancelled(fields: MapValue): boolean {
  const error = fields.get('error');
  return error instanceof MapValue && textOf(error, 'kind') === 'cancelled';
}

/** All of them, each before what is inside it. Contexts may be nested deeper than the JavaScript stack bears. */
export function inTreeOrder(root: ContextView): { readonly context: ContextView; readonly parent: ContextView | null; readonly lasts: readonly boolean[] }[] {
  const all: ReturnType<typeof inTreeOrder> = [];
  const left: ReturnType<typeof inTreeOrder> = [{ context: root, parent: null, lasts: [] }];
  for (let entry = left.pop(); entry !== undefined; entry = left.pop()) {
    all.push(entry);
    const { context, lasts } = entry;
    for (let i = context.children.length - 1; i >= 0; i--) left.push({ context: context.children[i]!, parent: context, lasts: [...lasts, i === context.children.length - 1] });
  }
  return all;
}
