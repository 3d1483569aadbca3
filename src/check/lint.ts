/**
 * Findings about code that runs but is probably not what was meant. IR in, warnings out; nothing is run.
 *
 * - Two steps of one name that both run in one scope (W0603): logs and contexts could not tell them apart. Steps in
 *   different arms of a decision do not meet.
 * - Code after something that always fails or goes elsewhere (W0604).
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import type { Definition, Node, Unit } from '../ir/node.ts';
import { childNodes } from '../ir/walk.ts';

/** Warnings about each definition's code. */
export function lint(definitions: Iterable<Definition>): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const definition of definitions) lintUnit(definition.unit, findings);
  return findings;
}

function lintUnit(unit: Unit, findings: Diagnostic[]): void {
  for (const arm of unit.arms) new StepNames(findings).visit(arm.body, new Map());
}

type Seen = Map<string, Span | null>;

/** Walks one arm; `seen` holds the steps that have certainly or possibly run before in this scope. */
class StepNames {
  private readonly findings: Diagnostic[];

  constructor(findings: Diagnostic[]) {
    this.findings = findings;
  }

  visit(node: Node, seen: Seen): void {
    switch (node.kind) {
      case 'cond':
        return this.cond(node.clauses, node.otherwise, seen);
      case 'do':
        return this.sequence(node.body, seen);
      case 'step':
        if (node.options !== null) this.visit(node.options, seen);
        // Unless the author named it, a step has the name of its form.
        if (node.name !== '' && node.name !== node.form) this.step(node.name, node.span, seen);
        return this.inside(node);
      case 'fn':
        for (const unit of node.group.units) lintUnit(unit, this.findings);
        return;
      default:
        for (const child of childNodes(node)) this.visit(child, seen);
    }
  }

  /** What is inside has a scope of its own. */
  private inside({ params, body, handler }: Extract<Node, { kind: 'step' }>): void {
    const own: Seen = new Map();
    for (const node of [params, body, handler]) if (node !== null) this.visit(node, own);
  }

  private step(name: string, span: Span | null, seen: Seen): void {
    const before = seen.get(name);
    if (before !== undefined && before !== null && span !== null) {
      this.findings.push(
        diagnostic('W0603', `there are two steps named "${name}" here`, span, {
          severity: 'warning',
          help: ['give them different names: only a number, as in `name#1`, tells their contexts and events apart'],
          related: [{ span: before, message: 'the first one' }],
        }),
      );
    }
    seen.set(name, span);
  }

  /** Each arm sees what came before the decision; after it all that any arm may have run. */
  private cond(clauses: readonly { readonly test: Node; readonly body: Node }[], otherwise: Node, seen: Seen): void {
    const after: Seen[] = [];
    for (const clause of clauses) {
      this.visit(clause.test, seen);
      const own = new Map(seen);
      this.visit(clause.body, own);
      after.push(own);
    }
    const own = new Map(seen);
    this.visit(otherwise, own);
    for (const one of [...after, own]) for (const [name, span] of one) seen.set(name, span);
  }

  private sequence(body: readonly Node[], seen: Seen): void {
    body.forEach((node, index) => {
      this.visit(node, seen);
      const next = body[index + 1];
      if (node.kind === 'throw' && next !== undefined && next.span !== null) {
        this.findings.push(
          diagnostic('W0604', 'this is never reached', next.span, {
            severity: 'warning',
            help: ['what stands before it always fails'],
            related: node.span === null ? [] : [{ span: node.span, message: 'this always fails' }],
          }),
        );
      }
    });
  }
}
