/** Walking code: the nodes inside a node, in order of evaluation. */
import type { Node, Unit } from './node.ts';

/** Visits every node of a unit, nested functions included, outside first. */
export function forEachNode(unit: Unit, visit: (node: Node) => void): void {
  const open: Node[] = unit.arms.map((arm) => arm.body).reverse();
  const groups = new Set<object>();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    visit(node);
    if (node.kind === 'fn') {
      if (groups.has(node.group)) continue;
      groups.add(node.group);
      for (const inner of [...node.group.units].reverse()) for (const arm of [...inner.arms].reverse()) open.push(arm.body);
      for (const capture of [...node.group.captures].reverse()) open.push(capture);
      continue;
    }
    const children = childNodes(node);
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i]!);
  }
}

/** The nodes directly inside, in order of evaluation (functions' bodies not included). */
export function childNodes(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'const':
    case 'local':
    case 'capture':
    case 'sibling':
    case 'primitive':
    case 'definition':
    case 'var':
      return [];
    case 'set-local':
    case 'set-var':
    case 'throw':
      return [node.value];
    case 'cond':
      return [...node.clauses.flatMap((clause) => [clause.test, clause.body]), node.otherwise];
    case 'and':
    case 'or':
      return node.items;
    case 'do':
      return node.body;
    case 'let':
    case 'loop':
      return [...node.bindings.map((binding) => binding.value), node.body];
    case 'recur':
    case 'primitive-call':
      return node.args;
    case 'call':
      return [node.fn, ...node.args];
    case 'apply':
      return [node.fn, node.args];
    case 'host-call':
      return [node.capability, ...node.args, ...(node.options === null ? [] : [node.options])];
    case 'fn':
      return node.group.captures;
    case 'try':
      return [node.body, ...(node.handler === null ? [] : [node.handler]), ...(node.cleanup === null ? [] : [node.cleanup])];
    case 'context-get':
      return node.otherwise === null ? [node.key] : [node.key, node.otherwise];
    case 'context-set':
      return [node.key, node.value];
    case 'step':
      return [node.options, node.params, node.body, node.handler].filter((child) => child !== null);
    case 'fork':
      return [node.branches, node.options];
    case 'operation':
      return node.args;
  }
}
