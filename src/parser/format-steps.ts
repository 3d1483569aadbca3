/**
 * Line breaks of ours in the step forms: the name stays at the head; the options stay there too when all of them fit, else
 * each has a line of its own; what is no option never shares a line with one.
 *
 * A form that fits on one line gets none. One that the author broke keeps the author's breaks: without options that is
 * all; with options the body still leaves their line, and options that lead beyond `width` get lines of their own.
 */
import { STEP_OPTIONS } from '../ir/step-options.ts';
import type { Source } from './format-source.ts';

const NAMED: ReadonlySet<string> = new Set(['step']);
/** These begin with a test or the elements to go through, which may stay at the head. */
const LED: ReadonlySet<string> = new Set(['step-if', 'step-loop', 'step.if', 'step.loop']);
const PARALLEL: ReadonlySet<string> = new Set(['step-parallel', 'step.parallel']);

export function isStepHead(head: string | null): head is string {
  return head !== null && (NAMED.has(head) || LED.has(head) || PARALLEL.has(head));
}

/** What the layout needs to know of the text. */
export interface Measures {
  readonly source: Source;
  /** The column at which the form opens, and that of lines that begin in it. */
  readonly column: number;
  readonly indentation: number;
  readonly width: number;
  /** The columns of tokens `from` to `to` on one line. */
  readonly flatWidth: (from: number, to: number) => number;
  /** Whether there is a line break of the author between two tokens, or in one of them but the last. */
  readonly isBroken: (from: number, to: number) => boolean;
  /** Whether the author put a line break before the token. */
  readonly startsLine: (token: number) => boolean;
  /** The last token of the element that begins with a token. */
  readonly elementEnd: (from: number) => number;
}

/** An element of the form: its tokens, discarded forms before it included. */
interface Element {
  readonly from: number;
  /** The first token of the form itself. */
  readonly form: number;
  readonly to: number;
}

interface Parts {
  /** Each a keyword and its value, or one map. */
  readonly options: readonly Element[];
  readonly body: readonly Element[];
}

/** The tokens of the form that opens at token `open` that go on lines of their own. */
export function stepBreaks(open: number, head: string, measures: Measures): ReadonlySet<number> {
  const { options, body } = partsOf(open, head, measures);
  const close = measures.source.match[open]!;
  const isBroken = measures.isBroken(open, close);
  if (isBroken && options.length === 0) return new Set();
  const optionBreaks = options.length === 0 || optionsFit(open, options, measures) ? [] : options;
  // What the author has put on lines of its own stays together.
  const isArranged = isBroken && body.some(({ from }) => measures.startsLine(from));
  const bodyBreaks = isArranged ? body.slice(0, 1) : options.length === 0 && LED.has(head) ? body.slice(1) : body;
  return new Set([...optionBreaks, ...bodyBreaks].map(({ from }) => from).filter((from) => !touches(measures.source, from)));
}

/** Whether the options can be where they are: at the head, or on the lines that the author gave them. */
function optionsFit(open: number, options: readonly Element[], { column, indentation, width, flatWidth, isBroken, startsLine }: Measures): boolean {
  let start = open;
  let indent = column;
  for (const { from, to } of options) {
    if (startsLine(from)) [start, indent] = [from, indentation];
    // What is broken inside is measured where it is written.
    if (!isBroken(start, to) && indent + flatWidth(start, to) > width) return false;
  }
  return true;
}

function partsOf(open: number, head: string, { source, elementEnd }: Measures): Parts {
  const elements = elementsOf(open, source, elementEnd).slice(NAMED.has(head) ? 2 : 1);
  const options: Element[] = [];
  let at = 0;
  const [first] = elements;
  if (first !== undefined && elements.length > 1 && isOptionsMap(source, first)) return { options: [first], body: elements.slice(1) };
  while (at + 1 < elements.length && isOption(source, elements[at]!, elements[at + 1]!, head)) {
    options.push({ ...elements[at]!, to: elements[at + 1]!.to });
    at += 2;
  }
  return { options, body: elements.slice(at) };
}

function elementsOf(open: number, { roles, match }: Source, elementEnd: (from: number) => number): readonly Element[] {
  const elements: Element[] = [];
  let from = open + 1;
  let form = from;
  while (form < match[open]!) {
    const to = elementEnd(form);
    if (roles[form] !== 'discard') {
      elements.push({ from, form, to });
      from = to + 1;
    }
    form = to + 1;
  }
  return elements;
}

function keywordAt({ images, roles }: Source, token: number): string | null {
  return roles[token] === 'atom' && images[token]!.startsWith(':') ? images[token]!.slice(1) : null;
}

/** Two keywords in a row may be branches. */
function isOption(source: Source, key: Element, value: Element, head: string): boolean {
  const name = keywordAt(source, key.form);
  return name !== null && (!PARALLEL.has(head) || Object.hasOwn(STEP_OPTIONS, name) || keywordAt(source, value.form) === null);
}

function isOptionsMap(source: Source, { form }: Element): boolean {
  return source.images[form] === '{' && Object.hasOwn(STEP_OPTIONS, keywordAt(source, form + 1) ?? '');
}

/** A keyword that touches the form before it means something else than one that does not. */
function touches({ images, gaps }: Source, token: number): boolean {
  return gaps[token]!.touching && (images[token]!.startsWith(':') || images[token - 1]!.endsWith(':'));
}
