/**
 * Primitives that take regular expressions, given as texts in RE2's syntax. The pattern always comes first. Matching
 * is linear in text times pattern and paid for step by step.
 *
 * What one match is, as a value: the text of the match, or, when the pattern has groups, a vector of that text and the
 * text of each group, nil for a group that took no part.
 */
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raise } from '../raise.ts';
import { integerArgument, stringArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';
import type { Regex, RegexEngine } from './regex-engine.ts';
import type { Captures, RegexProgram } from './regex-machine.ts';
import { pushPart } from './string-search.ts';
import { chargeText, TextBuilder, widthAt } from './text.ts';

const SPECIAL_CHARACTERS = '\\.+*?()|[]{}^$';

function compiled(engine: RegexEngine, operation: string, value: Value, meter: Meter): Regex {
  const pattern = stringArgument(operation, value);
  chargeFuel(meter, pattern.length);
  const regex = engine.compile(pattern);
  return typeof regex === 'string' ? raise('argument', `Invalid argument: ${operation}: malformed regular expression: ${regex}`) : regex;
}

function groupText(text: string, captures: Captures, group: number): string | null {
  const start = captures[2 * group]!;
  return start < 0 ? null : text.slice(start, captures[2 * group + 1]);
}

function matchValue(text: string, captures: Captures, meter: Meter): Value {
  chargeText(meter, captures[1]! - captures[0]!);
  if (captures.length === 2) return groupText(text, captures, 0);
  const groups: Value[] = [];
  for (let group = 0; 2 * group < captures.length; group++) pushPart(groups, groupText(text, captures, group), meter);
  return Vector.adopt(groups);
}

function matches(engine: RegexEngine, pattern: Value, value: Value, meter: Meter): Value {
  const regex = compiled(engine, 're-matches', pattern, meter);
  if (value === null) return null;
  const text = stringArgument('re-matches', value);
  const captures = regex.run(text, 0, 'whole', meter);
  return captures === null ? null : matchValue(text, captures, meter);
}

function find(engine: RegexEngine, pattern: Value, value: Value, meter: Meter): Value {
  const regex = compiled(engine, 're-find', pattern, meter);
  if (value === null) return null;
  const text = stringArgument('re-find', value);
  const captures = regex.run(text, 0, 'search', meter);
  return captures === null ? null : matchValue(text, captures, meter);
}

/** All matches from left to right; after an empty one the search goes on one code point further. */
function* allMatches(regex: Regex, text: string, meter: Meter): IterableIterator<Captures> {
  for (let from = 0; from <= text.length; ) {
    const captures = regex.run(text, from, 'search', meter);
    if (captures === null) return;
    yield captures;
    const end = captures[1]!;
    from = end > captures[0]! ? end : end < text.length ? end + widthAt(text, end) : end + 1;
  }
}

function sequence(engine: RegexEngine, pattern: Value, value: Value, meter: Meter): Value {
  const regex = compiled(engine, 're-seq', pattern, meter);
  if (value === null) return Vector.empty();
  const text = stringArgument('re-seq', value);
  const found: Value[] = [];
  for (const captures of allMatches(regex, text, meter)) pushPart(found, matchValue(text, captures, meter), meter);
  return Vector.adopt(found);
}

/** Literal texts, and numbers of groups between them. */
type Template = readonly (string | number)[];

/** Reads `$1`, `${name}` and `\x` (for a plain x) in a replacement. `$12` is group 12 if there is one, else group 1 and a 2. */
function template(operation: string, source: string, program: RegexProgram): Template {
  const parts: (string | number)[] = [];
  let literal = '';
  for (let at = 0; at < source.length; ) {
    const letter = source[at]!;
    if (letter !== '$' && letter !== '\\') {
      literal += letter;
      at += 1;
    } else if (letter === '\\') {
      if (at + 1 === source.length) return badReplacement(operation, 'a backslash at its end');
      literal += source[at + 1]!;
      at += 2;
    } else {
      const reference = source[at + 1] === '{' ? namedReference(source, at, program) : numberedReference(source, at, program);
      if (typeof reference === 'string') return badReplacement(operation, reference);
      parts.push(literal, reference.group);
      literal = '';
      at = reference.end;
    }
  }
  parts.push(literal);
  return parts;
}

function badReplacement(operation: string, fault: string): never {
  return raise('argument', `Invalid argument: ${operation}: malformed replacement: ${fault} (write \\$ for a dollar sign)`);
}

type Reference = { readonly group: number; readonly end: number } | string;

function namedReference(source: string, at: number, program: RegexProgram): Reference {
  const close = source.indexOf('}', at);
  const name = source.slice(at + 2, close < 0 ? source.length : close);
  const group = program.groupNames.get(name);
  return close < 0 || group === undefined ? 'no such group name' : { group, end: close + 1 };
}

function numberedReference(source: string, at: number, program: RegexProgram): Reference {
  let group = -1;
  let end = at + 1;
  for (; end < source.length; end++) {
    const digit = source.charCodeAt(end) - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
    const longer = Math.max(group, 0) * 10 + digit;
    if (group >= 0 && longer > program.groupCount) break;
    group = longer;
  }
  if (group < 0) return 'a dollar sign without a group';
  return group > program.groupCount ? `no group ${group}` : { group, end };
}

function expand(into: TextBuilder, parts: Template, text: string, captures: Captures): void {
  for (const part of parts) into.add(typeof part === 'string' ? part : (groupText(text, captures, part) ?? ''));
}

function replacing(engine: RegexEngine, name: string, most: number): Primitive {
  const replace = (pattern: Value, value: Value, replacement: Value, meter: Meter): Value => {
    const regex = compiled(engine, name, pattern, meter);
    const text = stringArgument(name, value);
    const parts = template(name, stringArgument(name, replacement), regex.program);
    const built = new TextBuilder(meter);
    let start = 0;
    let count = 0;
    for (const captures of allMatches(regex, text, meter)) {
      built.add(text.slice(start, captures[0]));
      expand(built, parts, text, captures);
      start = captures[1]!;
      if (++count === most) break;
    }
    if (count === 0) return text;
    built.add(text.slice(start));
    return built.text();
  };
  return { name, min: 3, max: 3, f3: replace };
}

/** Empty matches cut between code points, never at the edges of the text. */
function split(engine: RegexEngine, pattern: Value, value: Value, limit: Value, meter: Meter): Value {
  const regex = compiled(engine, 're-split', pattern, meter);
  const most = integerArgument('re-split', limit);
  if (value === null) return Vector.of('');
  const text = stringArgument('re-split', value);
  const parts: Value[] = [];
  let start = 0;
  if (most !== 1) {
    for (const captures of allMatches(regex, text, meter)) {
      const [from, end] = [captures[0]!, captures[1]!];
      if (from === end && (from === start || from === text.length)) continue;
      pushPart(parts, text.slice(start, from), meter);
      start = end;
      if (most > 0 && parts.length + 1 >= most) break;
    }
  }
  pushPart(parts, text.slice(start), meter);
  return Vector.adopt(parts);
}

function escape(value: Value, meter: Meter): Value {
  const text = stringArgument('re-escape', value);
  chargeText(meter, 2 * text.length);
  let escaped = '';
  for (const letter of text) escaped += SPECIAL_CHARACTERS.includes(letter) ? `\\${letter}` : letter;
  return escaped;
}

/** The engine is an argument so that bundles without regular expressions can leave it out. */
export function regexPrimitives(engine: RegexEngine): readonly Primitive[] {
  return [
    { name: 're-matches', min: 2, max: 2, f2: (pattern, text, meter) => matches(engine, pattern, text, meter) },
    { name: 're-find', min: 2, max: 2, f2: (pattern, text, meter) => find(engine, pattern, text, meter) },
    { name: 're-seq', min: 2, max: 2, f2: (pattern, text, meter) => sequence(engine, pattern, text, meter) },
    replacing(engine, 're-replace', Number.POSITIVE_INFINITY),
    replacing(engine, 're-replace-first', 1),
    {
      name: 're-split',
      min: 2,
      max: 3,
      f2: (pattern, text, meter) => split(engine, pattern, text, 0, meter),
      f3: (pattern, text, limit, meter) => split(engine, pattern, text, limit, meter),
    },
    { name: 're-escape', min: 1, max: 1, f1: escape },
  ];
}
