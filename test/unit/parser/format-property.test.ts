/** For any text without mistakes: formatting twice is formatting once, forms stay, comments stay. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../../src/parser/form.ts';
import { format } from '../../../src/parser/format.ts';
import { read } from '../../../src/parser/reader.ts';

/** Forms without places, but with the places where a keyword touches the form before it. */
function meaning(forms: readonly Form[], text: string): unknown {
  return forms.map((form, i) => {
    const before = forms[i - 1];
    const isShorthand = before !== undefined && /^['`~@#]/.test(text.slice(before.span.start, before.span.end)) && before.kind === 'symbol';
    const touches = form.kind === 'keyword' && !isShorthand && before?.span.end === form.span.start;
    const meta = 'meta' in form && form.meta !== undefined ? meaning([form.meta], text) : null;
    const { kind } = form;
    if ('items' in form) return { kind, meta, items: meaning(form.items, text) };
    return form.kind === 'atom' ? { kind, value: form.value } : { kind, name: form.name, meta, touches };
  });
}

/** Comments by a scan of its own, blanks at line ends aside. */
function comments(text: string): string[] {
  const found: string[] = [];
  const pattern = /"(?:[^"\\]|\\[^])*"|\\.|;[^\n\r]*|^\ufeff?#!.*|#\|/g;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const from = match.index;
    if (match[0] === '#|') {
      let depth = 1;
      let at = from + 2;
      for (; depth > 0; at++) {
        if (text.startsWith('#|', at)) depth++;
        else if (text.startsWith('|#', at)) depth--;
        else continue;
        at++;
      }
      pattern.lastIndex = at;
      found.push(text.slice(from, at));
    } else if (!match[0].startsWith('"') && !match[0].startsWith('\\')) found.push(match[0].replace('\ufeff', ''));
  }
  return found.map((comment) =>
    comment
      .split(/\r\n?|\n/)
      .map((line) => line.trimEnd())
      .join('\n'),
  );
}

function checkFormat(text: string): void {
  const before = read(text, 'test');
  if (before.diagnostics.length > 0) return;
  const result = format(text, 'test');
  if ('diagnostics' in result) throw new Error('refused');
  const again = format(result.text, 'test');
  if ('diagnostics' in again) throw new Error(`formatted into a mistake: ${JSON.stringify(result.text)}`);
  expect(again.text).toBe(result.text);
  const after = read(result.text, 'test');
  expect(after.diagnostics).toEqual([]);
  expect(meaning(after.forms, result.text)).toEqual(meaning(before.forms, text));
  expect(comments(result.text)).toEqual(comments(text));
  expect(result.text).not.toMatch(/\r|\n\n$/);
}

const GAP = fc.oneof(
  { weight: 6, arbitrary: fc.constant(' ') },
  fc.constantFrom('\n', '\n\n\n', '  ', ', ', ',\n', ' ;c\n', '\n; own  \n', ' #| b |# ', '\n#| b\n  c |#\n', '\r\n', '\n,', ' #_ x ', ' #_#_ a b\n'),
);
const WORD = fc.constantFrom(
  ...['a', 'f', 'x:int', 'x:', ':k', ':', '1', '-2.5', '"s"', '"two\n  lines "', 'nil', '%', '.m', '<a/b>', 'resource://a/b', '&', 'when', ':when'],
  ...['let', 'if', 'do', 'cond', 'defn', 'fn', 'step', 'step-if', 'step-parallel', ':retries', ':name', 'match', 'case', 'try', 'catch', 'plan', '->>', 'a-rather-long-name-for-a-thing', '"a rather long string, too"'],
);
const PREFIX = fc.constantFrom('', '', '', '', '', '', "'", '`', '~', '~@', '@', '#_', '^{:m 1} ', "'\n", '#_ ', '^{:m 1}\n', '~ ');
const BRACKETS = fc.constantFrom(['(', ')'], ['(', ')'], ['[', ']'], ['{', '}'], ['#{', '}'], ['#(', ')'] as const);

/** Any forms with such gaps; what the reader refuses (an odd map, metadata on a number) is not looked at. */
function programs(gap: fc.Arbitrary<string>, prefix: fc.Arbitrary<string>, formsMax: number): fc.Arbitrary<string> {
  return fc.letrec<{ form: string; forms: string }>((tie) => {
    const collection = fc.tuple(BRACKETS, tie('forms')).map(([[open, close], inner]) => open + inner + close);
    const core = fc.oneof({ depthSize: 'small' }, { weight: 3, arbitrary: WORD }, collection);
    const part = fc.tuple(fc.oneof(gap, fc.constant('')), tie('form'), gap).map((texts) => texts.join(''));
    return {
      form: fc.tuple(prefix, core).map((texts) => texts.join('')),
      forms: fc.array(part, { maxLength: formsMax }).map((parts) => parts.join('')),
    };
  }).forms;
}

describe('the formatter', () => {
  test('keeps its promises for any layout of any forms', () => {
    let looked = 0;
    fc.assert(
      fc.property(programs(GAP, PREFIX, 7), (text) => {
        if (read(text, 'test').diagnostics.length === 0) looked++;
        checkFormat(text);
      }),
      { numRuns: 6000 },
    );
    // Most programs must be right ones, or nothing would be tested.
    expect(looked).toBeGreaterThan(2000);
  });

  test('keeps its promises for forms that stood on one line and do not fit', () => {
    let broken = 0;
    fc.assert(
      fc.property(programs(fc.constantFrom(' ', ' ', ', '), fc.constantFrom('', "'"), 16), (inner) => {
        const text = `(let [a ${inner}] ${inner})`.replaceAll('\n', ' ');
        const result = format(text, 'test');
        if ('text' in result && result.text.trimEnd().includes('\n')) broken++;
        checkFormat(text);
      }),
      { numRuns: 2000 },
    );
    expect(broken).toBeGreaterThan(500);
  });

  test('keeps its promises for steps, broken by the author or not', () => {
    const head = fc.constantFrom('step "name"', 'step', 'step-if', 'step.loop', 'step-parallel', 'step.parallel');
    const option = fc.constantFrom(':retries {:max 4 :backoff-ms 50}', ':name "a rather long name"', ':on-fail', ':on-error :best-effort', ':metadata {:a 1\n:b 2}', '{:timeout-ms 5}', ':a');
    const options = fc.array(fc.tuple(option, GAP).map((texts) => texts.join('')), { maxLength: 6 }).map((texts) => texts.join(''));
    const step = fc.tuple(head, GAP, options, programs(GAP, PREFIX, 4)).map((texts) => `(${texts.join('')})`);
    fc.assert(fc.property(step, step, (one, two) => checkFormat(`${one.slice(0, -1)} ${two})`)), { numRuns: 4000 });
  });

  test('keeps its promises for any soup of tokens', () => {
    const piece = fc.constantFrom('(', ')', '[', ']', '{', '}', ' ', '\n', ',', "'", '~', '@', '^', '#_', ':', 'a', ':k', '1', '"s"', ';c\n', '#|c|#', 'x:', '\ufeff', '#!z\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => checkFormat(pieces.join(''))),
      { numRuns: 6000 },
    );
  });

  test('answers any text with a text or with diagnostics', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const result = format(text, 'test');
        expect('text' in result || result.diagnostics.length > 0).toBe(true);
        checkFormat(text);
      }),
      { numRuns: 1000 },
    );
  });
});
