/** What the tests of the reader share: forms as text, written differently from how the project prints, and places. */
import type { Form } from '../../../src/parser/form.ts';
import { read } from '../../../src/parser/reader.ts';

const OPEN = { list: '(', vector: '[', map: '{', set: '#{' } as const;
const CLOSE = { list: ')', vector: ']', map: '}', set: '}' } as const;

/** Floats get a leading `f`, big integers a trailing `n`, so that every kind of value looks different. */
function showAtom(value: Extract<Form, { kind: 'atom' }>['value']): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Number.isInteger(value) ? String(value) : `f${value}`;
    case 'boolean':
      return String(value);
    default:
      if (value === null) return 'nil';
      if (value.kind === 'float') return Object.is(value.value, -0) ? 'f-0' : `f${value.value}`;
      if (value.kind === 'timestamp') return `t${value.epochMs}`;
      return value.kind === 'uuid' ? `u${value.text}` : `r${value.uri}`;
  }
}

/** Only for forms that are not deep. */
export function show(form: Form): string {
  const meta = 'meta' in form && form.meta !== undefined ? `^${show(form.meta)} ` : '';
  switch (form.kind) {
    case 'atom':
      return showAtom(form.value);
    case 'keyword':
      return `:${form.name}`;
    case 'symbol':
      return meta + form.name;
    default:
      return `${meta}${OPEN[form.kind]}${form.items.map(show).join(' ')}${CLOSE[form.kind]}`;
  }
}

/** All forms of a text that must have no mistakes. */
export function shown(text: string): string {
  const { forms, diagnostics } = read(text, 'test');
  if (diagnostics.length > 0) throw new Error(`unexpected: ${diagnostics.map((d) => `${d.code} ${d.message}`).join('; ')}`);
  return forms.map(show).join(' ');
}

/** `line:column` of an offset, both from 1. */
export function at(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `${lines.length}:${lines.at(-1)!.length + 1}`;
}

/** The mistakes of a text, as `code text-of-the-span`. */
export function mistakes(text: string): string[] {
  return read(text, 'test').diagnostics.map(({ code, span }) => `${code} ${text.slice(span!.start, span!.end)}`);
}

/** The mistakes of a text, as `code line:column`. */
export function places(text: string): string[] {
  return read(text, 'test').diagnostics.map(({ code, span }) => `${code} ${at(text, span!.start)}`);
}
