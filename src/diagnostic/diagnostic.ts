/**
 * One record for everything that can be said about a program: by the reader, the checker and at run time.
 * It is data; `render.ts` shows it to people, `json.ts` to programs.
 */
import { type Code, codeOfKind } from './codes.ts';
import type { Span } from './span.ts';

export type Severity = 'error' | 'warning';

export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** For run-time errors: what kind, without `:error/` (`arithmetic`), or the full name of a kind that the program made up. */
  readonly kind?: string;
  /** One sentence, no full stop, that names what is wrong with the user's own words in it. */
  readonly message: string;
  readonly span: Span | null;
  /** What would have been right here, when that can be said. */
  readonly expected?: string;
  readonly found?: string;
  /** How to mend it; each entry a sentence. `did you mean` suggestions come here. */
  readonly help: readonly string[];
  /** Other places that matter: the opening bracket, the first definition. */
  readonly related: readonly RelatedPlace[];
  /** For run-time errors: the RTFS call stack, innermost first. */
  readonly stack?: readonly StackEntry[];
}

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

export interface StackEntry {
  readonly function: string;
  readonly span: Span | null;
}

/** A diagnostic from its needed parts; the optional parts default to nothing. */
export function diagnostic(
  code: Code,
  message: string,
  span: Span | null,
  more: Partial<Pick<Diagnostic, 'severity' | 'expected' | 'found' | 'help' | 'related' | 'stack'>> = {},
): Diagnostic {
  return { severity: 'error', help: [], related: [], ...more, code, message, span };
}

/** What is known of an error that a run ended with; the value itself belongs to other rooms. */
export interface RuntimeFailure {
  /** As in `Diagnostic.kind`. */
  readonly kind: string;
  readonly message: string;
  readonly span: Span | null;
  /** Innermost first. */
  readonly stack?: readonly StackEntry[];
  readonly help?: readonly string[];
}

export function runtimeDiagnostic(failure: RuntimeFailure): Diagnostic {
  const { kind, message, span, stack = [], help = [] } = failure;
  return { ...diagnostic(codeOfKind(kind), message, span, { stack, help }), kind };
}

/** A value or what is wrong. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };
