/**
 * The reader: text → forms with spans, and everything that is wrong with the text.
 *
 * It never throws, whatever the text, and never recurses: a `FormBuilder` keeps the nesting on a stack of its own. What
 * drives it is the scanner as long as nothing is wrong with the text, which is quick, and for all other texts the grammar.
 * When the brackets do not match, the tokens are repaired first and read once more.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Form } from './form.ts';
import { parseText, parseTokens, TOKENS_MAX } from './grammar.ts';
import { FormBuilder } from './read-builder.ts';
import { endOpenString } from './read-open-string.ts';
import { firstMisfit, repairBrackets } from './read-repair.ts';
import { scan } from './scanner.ts';
import { tokenize } from './tokens.ts';

export interface ReadOptions {
  /** Texts with more UTF-16 code units are refused with E0117; `READ_LENGTH_MAX` unless given. */
  readonly lengthMax?: number;
}

export interface Reading {
  /** The top-level forms; whatever could be read, when there are diagnostics. */
  readonly forms: Form[];
  /** In the order of the text. */
  readonly diagnostics: Diagnostic[];
  /** More text could still make it whole: the brackets fit so far, and it ends inside something. For prompts. */
  readonly incomplete: boolean;
  /** Some list that is not at the top may define a name (`def` and the like). For whoever lowers the forms. */
  readonly definesInside: boolean;
}

export const READ_LENGTH_MAX: number = 8 * 1024 * 1024;
/** Longer texts with unbalanced brackets get one message about them: repairing takes ten times the time of reading. */
const REPAIRED_TOKENS_MAX = 500_000;

export function read(text: string, file: string, options: ReadOptions = {}): Reading {
  const refusal = refuse(text, file, options.lengthMax ?? READ_LENGTH_MAX);
  if (refusal !== null) return refused(refusal);
  return readRight(text, file) ?? readAny(text, file);
}

/** The reading of a text with nothing wrong in it; null for any other. */
export function readRight(text: string, file: string): Reading | null {
  const builder = new FormBuilder(file);
  if (!scan(text, builder, TOKENS_MAX)) return null;
  const forms = builder.finish();
  if (!builder.sound || builder.unclosed) return null;
  return { forms, diagnostics: [], incomplete: false, definesInside: builder.definesInside };
}

/** The reading of any text that is not too long, with all that is wrong with it. */
export function readAny(text: string, file: string): Reading {
  const first = parseText(text, file);
  if (first.size > TOKENS_MAX) return refused(tooLarge(file, `more than ${TOKENS_MAX} words and brackets`));
  const { open } = first;
  const incomplete = !first.mismatched && (first.unclosed || first.dangling || open !== null);
  if (!first.mismatched && !first.unclosed && open !== 'string') {
    return { forms: first.forms, diagnostics: inOrder(first.diagnostics), incomplete, definesInside: first.definesInside };
  }
  const tokens = tokenize(text);
  if (first.size > REPAIRED_TOKENS_MAX) {
    return { forms: first.forms, diagnostics: inOrder([...first.diagnostics, ...firstMisfit(tokens, text, file)]), incomplete, definesInside: true };
  }
  const repaired = repairBrackets(open === 'string' ? endOpenString(tokens, text) : tokens, text, file);
  const second = parseTokens(repaired.tokens, file);
  return { forms: second.forms, diagnostics: inOrder([...repaired.diagnostics, ...second.diagnostics]), incomplete, definesInside: second.definesInside };
}

function inOrder(diagnostics: Diagnostic[]): Diagnostic[] {
  if (diagnostics.length > 1) diagnostics.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  return diagnostics;
}

function refused(reason: Diagnostic): Reading {
  return { forms: [], diagnostics: [reason], incomplete: false, definesInside: false };
}

/** Why the text is not even looked at, or null. */
function refuse(text: string, file: string, lengthMax: number): Diagnostic | null {
  if (text.length > lengthMax) return tooLarge(file, `${text.length} characters, and at most ${lengthMax} are read`);
  if (!/[\ud800-\udfff]/.test(text)) return null;
  const half = /\p{Surrogate}/u.exec(text);
  if (half === null) return null;
  const span = { file, start: half.index, end: half.index + 1 };
  return diagnostic('E0118', 'The text is not Unicode: this is half of a surrogate pair', span, { help: ['Save the file as UTF-8.'] });
}

function tooLarge(file: string, what: string): Diagnostic {
  return diagnostic('E0117', `The text is too large: it has ${what}`, { file, start: 0, end: 0 }, { help: ['Split it into several files.'] });
}
