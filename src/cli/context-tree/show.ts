/** A tree of contexts as text for people and as one JSON document for programs. */
import { printable } from '../../diagnostic/terminal.ts';
import { valueJson } from '../../evaluator/event-value.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { type ConflictView, type ContextView, inTreeOrder, type KeyView, type MergeView } from './tree.ts';

const VALUE_SHOWN_MAX = 60;

export function treeText(root: ContextView): string {
  return inTreeOrder(root).map(({ context, lasts }) => contextText(context, lasts)).join('');
}

function contextText(context: ContextView, lasts: readonly boolean[]): string {
  const around = lasts.slice(0, -1).map((isLast) => (isLast ? '   ' : '│  ')).join('');
  const isLast = lasts[lasts.length - 1];
  const prefix = isLast === undefined ? '' : `${around}${isLast ? '└─ ' : '├─ '}`;
  const below = `${isLast === undefined ? '' : `${around}${isLast ? '   ' : '│  '}`}${context.children.length > 0 ? '│' : ' '}    `;
  const { form, isolation, state, attempt } = context;
  const facts = [isPart(context) ? null : (form ?? 'not seen to start'), isolation, state, attempt > 1 ? `attempt ${attempt}` : null].filter((fact) => fact !== null);
  const lines = [...[...context.keys.values()].map(keyText), ...context.merges.flatMap(mergeLines)];
  return [`${prefix}${nameOf(context)}  ${facts.join(' · ')}`, ...lines.map((line) => below + line)].map((line) => `${printable(line)}\n`).join('');
}

/** As it stands in the id, where the second one of a name is told apart. */
function nameOf(context: ContextView): string {
  const { id, name, form } = context;
  if (isPart(context)) return `${form} ${name}`;
  const occurrence = /#\d+$/.exec(id)?.[0] ?? '';
  return id.endsWith(name + occurrence) ? name + occurrence : name;
}

/** Has a number for a name, and its form before it. */
function isPart({ form }: ContextView): boolean {
  return form === 'pass' || form === 'branch';
}

function keyText({ key, sizeBytes, derivedFrom }: KeyView): string {
  const size = sizeBytes === null ? 'merged' : `${sizeBytes} ${sizeBytes === 1 ? 'byte' : 'bytes'}`;
  const origins = derivedFrom.map((origin) => `${origin.key} of ${origin.context}`).join(', ');
  return `${key}  ${size}${origins === '' ? '' : `, from ${origins}`}`;
}

function mergeLines(merge: MergeView): string[] {
  const parts = (['added', 'kept', 'overwritten', 'merged'] as const).filter((part) => merge[part].length > 0).map((part) => `${part} ${merge[part].join(' ')}`);
  return [`merged into ${merge.into} by ${policyText(merge)}: ${parts.length === 0 ? 'nothing' : parts.join(', ')}`, ...merge.conflicts.map((conflict) => `  ${conflictText(conflict)}`)];
}

/** RTFS text comes as a string. */
function policyText({ policy }: MergeView): string {
  return typeof policy === 'string' ? policy : brief(valueJson(policy));
}

function conflictText({ key, path, target, source, winner, reason, branches }: ConflictView): string {
  const [targetName, sourceName] = sidesOf(branches);
  const sides = `${targetName} has ${brief(valueJson(target))}, ${sourceName} ${brief(valueJson(source))}`;
  return `conflict on ${[key, ...path].join(' ')}: ${sides}; ${winner === 'target' ? targetName : sourceName} wins (${reason})`;
}

/** In a join the two values may come from two branches, or from one and the context around them. */
function sidesOf(branches: Value): readonly [target: string, source: string] {
  const [target, source] = branches instanceof Vector ? branches.toArray() : [];
  return [typeof target === 'number' ? `branch ${target}` : 'the target', typeof source === 'number' ? `branch ${source}` : 'the source'];
}

function brief(text: string): string {
  return text.length <= VALUE_SHOWN_MAX ? text : `${text.slice(0, VALUE_SHOWN_MAX - 1)}…`;
}

/** Without the line break at its end. The contexts are a list, each before what is inside it. */
export function treeJson(root: ContextView, status: string | null): string {
  const contexts = inTreeOrder(root).map(({ context, parent }) => contextJson(context, parent));
  return `{"status":${JSON.stringify(status)},"contexts":[${contexts.join(',')}],"diagnostics":[]}`;
}

function contextJson({ id, name, form, isolation, state, attempt, keys, merges }: ContextView, parent: ContextView | null): string {
  const own = JSON.stringify({ id, parent: parent?.id ?? null, name, form, isolation, state, attempt, keys: [...keys.values()] });
  return `${own.slice(0, -1)},"merges":[${merges.map(mergeJson).join(',')}]}`;
}

function mergeJson({ into, policy, added, kept, overwritten, merged, conflicts }: MergeView): string {
  const lists = JSON.stringify({ added, kept, overwritten, merged }).slice(1, -1);
  return `{"into":${JSON.stringify(into)},"policy":${valueJson(policy)},${lists},"conflicts":[${conflicts.map(conflictJson).join(',')}]}`;
}

function conflictJson({ key, path, target, source, winner, reason, branches }: ConflictView): string {
  return `{"key":${JSON.stringify(key)},"path":${JSON.stringify(path)},"target":${valueJson(target)},"source":${valueJson(source)},${JSON.stringify({ winner, reason }).slice(1, -1)},"branches":${valueJson(branches)}}`;
}
