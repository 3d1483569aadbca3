/** Types in manifests: in RTFS files written as in programs, in JSON as the text of that. */
import type { Diagnostic, Result } from '../../diagnostic/diagnostic.ts';
import { valueToForm } from '../../parser/datum.ts';
import type { Form } from '../../parser/form.ts';
import { read } from '../../parser/reader.ts';
import { parseType } from '../../parser/type-form.ts';
import { printType } from '../../ir/type-text.ts';
import type { Value } from '../../value/value.ts';

const SPAN = { file: '<type>', start: 0, end: 0 };

/** The type in normalised form, or what is wrong, without a full stop. */
export function readType(written: Value): Result<Value, { readonly message: string; readonly help: readonly string[] }> {
  const form = typeof written === 'string' ? formOf(written) : valueToForm(written, SPAN);
  if ('problem' in form) return { ok: false, error: form.problem };
  if ('unreadable' in form) return { ok: false, error: { message: 'this is no type', help: [] } };
  const type = parseType(form);
  return type.ok ? type : { ok: false, error: complaint(type.error) };
}

function formOf(text: string): Form | { readonly problem: { readonly message: string; readonly help: readonly string[] } } {
  const { forms, diagnostics } = read(text, '<type>');
  const [first] = diagnostics;
  if (first !== undefined) return { problem: complaint(first) };
  if (forms.length === 1) return forms[0]!;
  return { problem: { message: forms.length === 0 ? 'there is no type in the text' : 'there is more than one type in the text', help: [] } };
}

function complaint(one: Diagnostic): { readonly message: string; readonly help: readonly string[] } {
  return { message: one.message, help: one.help ?? [] };
}

/** The text that reads back as the type; null for no type. */
export function typeText(type: Value): string | null {
  return type === null ? null : printType(type);
}
