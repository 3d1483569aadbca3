/**
 * Forms as text that reads back as the same forms: shorthands for quotes, metadata before what it belongs to, and
 * annotations glued to their names as they were written. On one line; `format.ts` breaks lines. Iterative.
 */
import { printValue } from '../value/print.ts';
import type { Form, ListForm } from './form.ts';

const SHORTHANDS: ReadonlyMap<string, string> = new Map([['quote', "'"], ['quasiquote', '`'], ['unquote', '~'], ['unquote-splicing', '~@']]);

const BRACKETS = { list: ['(', ')'], vector: ['[', ']'], map: ['{', '}'], set: ['#{', '}'] } as const;

export function printForm(root: Form): string {
  const out: string[] = [];
  // What is still to be written, last first: text, or a form.
  const open: (Form | string)[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') out.push(next);
    else pushParts(next, open);
  }
  return out.join('');
}

function pushParts(form: Form, open: (Form | string)[]): void {
  switch (form.kind) {
    case 'atom':
      // Of what can stand in a text nothing is too long to print.
      open.push(printValue(form.value) ?? 'nil');
      return;
    case 'keyword':
      open.push(`:${form.name}`);
      return;
    case 'symbol':
      open.push(form.name);
      break;
    default:
      pushCollection(form, open);
  }
  if (form.meta !== undefined) open.push(' ', form.meta, '^');
}

function pushCollection(form: Exclude<Form, { kind: 'atom' | 'keyword' | 'symbol' }>, open: (Form | string)[]): void {
  const shorthand = form.kind === 'list' ? shorthandOf(form) : undefined;
  if (shorthand !== undefined) {
    open.push(form.items[1]!, shorthand);
    return;
  }
  const [first, last] = BRACKETS[form.kind];
  open.push(last);
  for (let i = form.items.length - 1; i >= 0; i--) {
    const item = form.items[i]!;
    const before = form.items[i - 1];
    open.push(item);
    if (before !== undefined && !isGlued(before, item)) open.push(' ');
  }
  open.push(first);
}

function shorthandOf(form: ListForm): string | undefined {
  const [head, quoted] = form.items;
  if (form.items.length !== 2 || head?.kind !== 'symbol' || head.meta !== undefined) return undefined;
  // `~ @x` must not become `~@x`.
  if (head.name === 'unquote' && quoted?.kind === 'symbol' && quoted.name.startsWith('@')) return undefined;
  return SHORTHANDS.get(head.name);
}

/** `x:int` as it was read; what an expansion made all in one place is not glued. */
function isGlued(before: Form, item: Form): boolean {
  return item.kind === 'keyword' && item.name !== '' && before.span.end === item.span.start && before.span.file === item.span.file && before.span.start < before.span.end;
}
