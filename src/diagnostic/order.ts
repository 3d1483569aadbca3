/** Which diagnostics are shown, and in which order: the same whoever found them first. */
import type { Diagnostic } from './diagnostic.ts';

/**
 * By file, start and code; those without a place last. Of several with one place and code the first is kept: they are
 * one mistake seen twice. Without a place the message tells them apart.
 */
export function arrange(diagnostics: Iterable<Diagnostic>): readonly Diagnostic[] {
  const kept = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const key = identity(diagnostic);
    if (!kept.has(key)) kept.set(key, diagnostic);
  }
  return [...kept.values()].sort(byPlace);
}

function identity({ code, span, message }: Diagnostic): string {
  return span === null ? `${code} ${message}` : `${code} ${span.start} ${span.file}`;
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.span === null || b.span === null) {
    return Number(a.span === null) - Number(b.span === null) || compareText(a.code, b.code) || compareText(a.message, b.message);
  }
  return compareText(a.span.file, b.span.file) || a.span.start - b.span.start || compareText(a.code, b.code);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
