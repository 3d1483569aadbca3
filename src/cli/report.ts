/** Diagnostics on the error stream. Loaded only when there is something to say. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../diagnostic/position.ts';
import { renderDiagnostics } from '../diagnostic/render.ts';
import type { Terminal } from './terminal.ts';

export function report(terminal: Terminal, diagnostics: Iterable<Diagnostic>, lookup: SourceLookup): void {
  const text = renderDiagnostics(diagnostics, lookup, { colour: terminal.errorColour, columns: terminal.columns });
  if (text !== '') terminal.error(`${text}\n`);
}
