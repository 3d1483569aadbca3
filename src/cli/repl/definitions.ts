/** Which definitions a form makes, wherever they stand in it: at its head, or below `do` and `module`. */
import type { Form, ListForm } from '../../parser/form.ts';
import { headName } from '../../parser/program.ts';
import { printForm } from '../../parser/print-form.ts';

export interface DefinitionForm {
  /** The name that is defined; for imports and modules something that no name can be. */
  readonly name: string;
  readonly form: ListForm;
  /** It gives the name a meaning whatever the name meant before: a function, a macro, a struct, a literal. */
  readonly isSelfContained: boolean;
}

const ALWAYS_SELF_CONTAINED: ReadonlySet<string> = new Set(['defn', 'defn-', 'defmacro', 'defstruct']);

export function definitionsIn(form: Form): readonly DefinitionForm[] {
  const head = headName(form);
  if (form.kind !== 'list' || head === null) return [];
  if (head === 'do') return form.items.slice(1).flatMap(definitionsIn);
  const name = form.items[1];
  if (name?.kind !== 'symbol') return [];
  if (head === 'module') return [{ name: `module ${name.name}`, form, isSelfContained: true }];
  if (head === 'import') return [{ name: printForm(form), form, isSelfContained: true }];
  if (ALWAYS_SELF_CONTAINED.has(head)) return [{ name: name.name, form, isSelfContained: true }];
  if (head === 'def' || head === 'defonce') return [{ name: name.name, form, isSelfContained: isLiteral(form.items[form.items.length - 1]!) }];
  return [];
}

function isLiteral(value: Form): boolean {
  if (value.kind === 'atom' || value.kind === 'keyword') return true;
  return ['fn', 'λ', 'lambda', 'quote'].includes(headName(value) ?? '');
}
