/** Metadata: what `^…` before a form adds up to, and where its short form `^:key` may stand. */
import type { Form, MapForm } from './form.ts';

/** Heads whose name may carry `^:key`. */
const NAMING_HEADS: ReadonlySet<string> = new Set(['def', 'defn', 'defn-', 'defonce', 'fn', 'λ', 'lambda', 'defmacro']);
/** Heads whose name is known from then on. */
const DEFINING_HEADS: ReadonlySet<string> = new Set(['def', 'defn', 'defn-', 'defonce', 'defstruct']);

/** Whether a list with these forms defines a name when it runs. */
export function defines(items: readonly Form[]): boolean {
  const head = items[0];
  return head?.kind === 'symbol' && DEFINING_HEADS.has(head.name) && items[1]?.kind === 'symbol';
}

/** Whether `target`, right after `head` in a list, is the name that is defined there; `fn` may have parameters there. */
export function isDefined(head: Form, target: Form): boolean {
  return head.kind === 'symbol' && NAMING_HEADS.has(head.name) && (target.kind === 'symbol' || target.kind === 'vector');
}

/** `maps` has the outermost first, whose entries win. */
export function mergeMeta(maps: readonly MapForm[]): MapForm {
  if (maps.length === 1) return maps[0]!;
  const seen = new Set<string>();
  const items: Form[] = [];
  for (const map of maps) {
    for (let i = 0; i < map.items.length; i += 2) {
      const key = map.items[i]!;
      if (key.kind === 'keyword' && seen.has(key.name)) continue;
      if (key.kind === 'keyword') seen.add(key.name);
      items.push(key, map.items[i + 1]!);
    }
  }
  return { kind: 'map', items, span: maps[0]!.span };
}
