import { describe, expect, test } from 'vitest';
import { CODES } from '../../../src/diagnostic/codes.ts';
import { type Diagnostic, diagnostic, runtimeDiagnostic, type StackEntry } from '../../../src/diagnostic/diagnostic.ts';
import { arrange } from '../../../src/diagnostic/order.ts';
import { renderDiagnostic, renderDiagnostics, renderSummary } from '../../../src/diagnostic/render.ts';
import type { Span } from '../../../src/diagnostic/span.ts';

const PLAN = '(defn total [xs]\n  (coutn xs))\n';
const sources = (file: string): string | null => (file === 'plan.rtfs' ? PLAN : null);

/** The span of the first `text` in the plan. */
function spanOf(text: string): Span {
  const start = PLAN.indexOf(text);
  return { file: 'plan.rtfs', start, end: start + text.length };
}

const undefinedName = diagnostic('E0201', 'undefined name `coutn`', spanOf('coutn'), { help: ['did you mean `count`?'] });

function lines(text: string): string[] {
  return text.split('\n');
}

describe('one diagnostic', () => {
  test('names severity, code and message, then the place, the line with carets, and help', () => {
    expect(lines(renderDiagnostic(undefinedName, sources))).toEqual([
      'error[E0201]: undefined name `coutn`',
      ' --> plan.rtfs:2:4',
      '  |',
      '2 |   (coutn xs))',
      '  |    ^^^^^',
      '  |',
      '  = help: did you mean `count`?',
    ]);
  });

  test('shows the general cure when there is no help of its own', () => {
    const text = renderDiagnostic({ ...undefinedName, help: [] }, sources);
    expect(lines(text).at(-1)).toBe(`  = help: ${CODES.E0201.cure}`);
  });

  test('shows what was expected and found, and a warning as a warning', () => {
    const warning = diagnostic('W0602', '`total` is called with 2 arguments', spanOf('total'), {
      severity: 'warning', expected: '1 argument', found: '2 arguments', help: ['remove one', 'or the other'],
    });
    expect(lines(renderDiagnostic(warning, sources))).toEqual([
      'warning[W0602]: `total` is called with 2 arguments',
      ' --> plan.rtfs:1:7',
      '  |',
      '1 | (defn total [xs]',
      '  |       ^^^^^',
      '  |',
      '  = expected: 1 argument',
      '  =    found: 2 arguments',
      '  = help: remove one',
      '  = help: or the other',
    ]);
  });

  test('shows each related place with its own excerpt, and aligns the gutters to the widest line number', () => {
    const text = `${'\n'.repeat(8)}[a\n  b)`;
    const open = { span: { file: 'x', start: 8, end: 9 }, message: 'opened here' };
    const mismatch = diagnostic('E0103', '`)` does not close `[`', { file: 'x', start: 14, end: 15 }, { related: [open], help: ['write `]`'] });
    expect(lines(renderDiagnostic(mismatch, () => text))).toEqual([
      'error[E0103]: `)` does not close `[`',
      '  --> x:10:4',
      '   |',
      '10 |   b)',
      '   |    ^',
      '   |',
      '   = help: write `]`',
      'note: opened here',
      '  --> x:9:1',
      '   |',
      ' 9 | [a',
      '   | -',
    ]);
  });

  test('without a place has no excerpt', () => {
    const text = renderDiagnostic(diagnostic('E0501', 'cannot read `a.rtfs`', null, { help: ['check the path'] }), sources);
    expect(lines(text)).toEqual(['error[E0501]: cannot read `a.rtfs`', '  = help: check the path']);
  });

  test('says so when the source is not at hand', () => {
    const elsewhere = diagnostic('E0404', 'Division by zero', { file: 'gone.rtfs', start: 12, end: 13 }, { help: ['test it'] });
    expect(lines(renderDiagnostic(elsewhere, sources))).toEqual([
      'error[E0404]: Division by zero',
      ' --> gone.rtfs (offset 12; the source is not at hand)',
      '  |',
      '  = help: test it',
    ]);
  });

  test('a message of several lines is indented, so that it cannot pass for another diagnostic', () => {
    const thrown = runtimeDiagnostic({ kind: 'user', message: 'first\r\n\nerror[E0001]: forged\n', span: null, help: ['one\ntwo'] });
    expect(lines(renderDiagnostic(thrown, sources))).toEqual([
      'error[E0421]: first',
      '',
      '              error[E0001]: forged',
      '  = help: one',
      '          two',
    ]);
  });

  test('a blank message gives way to the title of the code', () => {
    expect(lines(renderDiagnostic(diagnostic('E0404', ' \n', null), sources))[0]).toBe('error[E0404]: Arithmetic error');
  });

  test('a very long message is cut, between characters', () => {
    const [header] = lines(renderDiagnostic(diagnostic('E0421', `${'a'.repeat(3_999)}😀${'b'.repeat(10)}`, null), sources));
    expect(header).toBe(`error[E0421]: ${'a'.repeat(3_999)}… (12 more)`);
  });

  test('no control character of any text gets through', () => {
    const evil = '\u001b]0;x\u0007\u202e\u009b';
    const file = `f${evil}`;
    const span = { file, start: 0, end: 4 };
    const all: Diagnostic = {
      code: 'E0421', severity: 'error', message: evil, span, expected: evil, found: evil, help: [evil],
      related: [{ span, message: evil }], stack: [{ function: evil, span }, { function: evil, span: { file: `g${evil}`, start: 0, end: 1 } }],
    };
    const text = renderDiagnostic(all, (name) => (name === file ? `${evil}\n${evil}` : null));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain(' --> f<U+001B>]0;x<U+0007><U+202E><U+009B>:1:1');
  });

  test('no line ends in a space', () => {
    const bare = diagnostic('E0102', 'a\n  \nb', { file: 'x', start: 0, end: 5 }, { expected: '', help: ['', 'x '] });
    const text = renderDiagnostic(bare, () => '(a \n \n)');
    expect(lines(text).filter((line) => line !== line.trimEnd())).toEqual([]);
  });
});

describe('options', () => {
  const escape = '\u001b[';

  test('colours frame the same text', () => {
    const plain = renderDiagnostic(undefinedName, sources);
    const coloured = renderDiagnostic(undefinedName, sources, { colour: true });
    expect(coloured.startsWith(`${escape}1;31merror[E0201]${escape}0m`)).toBe(true);
    expect(coloured.split(escape).map((part, i) => (i === 0 ? part : part.slice(part.indexOf('m') + 1))).join('')).toBe(plain);
    expect(plain).not.toContain(escape);
  });

  test('lines are cut to the columns given, the gutter included', () => {
    const text = `${'a'.repeat(200)} bad ${'b'.repeat(200)}`;
    const wide = diagnostic('E0201', 'x', { file: 'x', start: 201, end: 204 });
    const row = (columns?: number): string => lines(renderDiagnostic(wide, () => text, columns === undefined ? {} : { columns }))[3]!;
    expect([row().length, row(60).length, row(1).length]).toEqual([100, 60, 40]);
    expect(row(60)).toMatch(/^1 \| …a+ bad b+…$/);
  });
});

describe('the call stack', () => {
  const frames = (count: number): StackEntry[] => Array.from({ length: count }, (_, i) => ({ function: `f${i + 1}`, span: null }));
  const shown = (count: number): string[] => lines(renderDiagnostic(runtimeDiagnostic({ kind: 'stack', message: 'x', span: null, stack: frames(count), help: ['y'] }), sources)).slice(2);

  test('gives functions and places, innermost first', () => {
    const stack = [{ function: 'total', span: spanOf('(coutn xs)') }, { function: 'g', span: { file: 'gone', start: 0, end: 1 } }, { function: '<main>', span: null }];
    const text = renderDiagnostic(runtimeDiagnostic({ kind: 'type', message: 'x', span: null, stack, help: ['y'] }), sources);
    expect(lines(text)).toEqual([
      'error[E0401]: x',
      '  = help: y',
      'stack, innermost call first:',
      '  at total (plan.rtfs:2:3)',
      '  at g (gone)',
      '  at <main>',
    ]);
  });

  test('of sixteen calls is shown whole', () => {
    expect(shown(16)).toEqual(['stack, innermost call first:', ...frames(16).map((frame) => `  at ${frame.function}`)]);
  });

  test('of more shows the first ten and the last five', () => {
    const first = frames(10).map((frame) => `  at ${frame.function}`);
    expect(shown(17)).toEqual(['stack, innermost call first:', ...first, '  … 2 more', '  at f13', '  at f14', '  at f15', '  at f16', '  at f17']);
    expect(shown(100_000)[11]).toBe('  … 99985 more');
  });
});

describe('several diagnostics', () => {
  const at = (file: string, start: number, code: Diagnostic['code'] = 'E0201', message = ''): Diagnostic => diagnostic(code, message, { file, start, end: start + 1 });
  const names = (list: readonly Diagnostic[]): string[] => list.map(({ span, code, message }) => (span === null ? `${code} ${message}` : `${span.file} ${span.start} ${code}`));

  test('are ordered by file, start and code, those without a place last', () => {
    const list = [diagnostic('E0502', 'b', null), diagnostic('E0501', 'c', null), diagnostic('E0501', 'a', null), at('b', 1), at('a', 10), at('a', 9, 'W0601'), at('a', 9)];
    expect(names(arrange(list))).toEqual(['a 9 E0201', 'a 9 W0601', 'a 10 E0201', 'b 1 E0201', 'E0501 a', 'E0501 c', 'E0502 b']);
  });

  test('of one place and code are one, the first found; without a place the message tells them apart', () => {
    const kept = arrange([at('a', 1, 'E0201', 'first'), at('a', 1, 'E0201', 'second'), diagnostic('E0501', 'x', null), diagnostic('E0501', 'x', null), diagnostic('E0501', 'y', null)]);
    expect(kept.map((one) => one.message)).toEqual(['first', 'x', 'y']);
  });

  test('are separated by an empty line', () => {
    const other = diagnostic('E0501', 'cannot read', null, { help: ['check'] });
    expect(renderDiagnostics([other, undefinedName, undefinedName], sources)).toBe(`${renderDiagnostic(undefinedName, sources)}\n\n${renderDiagnostic(other, sources)}`);
    expect(renderDiagnostics([], sources)).toBe('');
  });

  test.each([
    [0, 0, 'no errors'],
    [1, 0, '1 error'],
    [0, 1, '1 warning'],
    [2, 1, '2 errors, 1 warning'],
    [1, 3, '1 error, 3 warnings'],
  ])('%i errors and %i warnings are summed up as %j', (errors, warnings, expected) => {
    const list = [
      ...Array.from({ length: errors }, (_, i) => at('a', i)),
      ...Array.from({ length: warnings }, (_, i) => ({ ...at('a', i, 'W0601'), severity: 'warning' as const })),
    ];
    expect(renderSummary([...list, ...list])).toBe(expected);
  });
});

test('a run-time diagnostic keeps its kind and takes the code of it', () => {
  const stack = [{ function: 'f', span: null }];
  expect(runtimeDiagnostic({ kind: 'arithmetic', message: 'Division by zero', span: null, stack, help: ['h'] })).toEqual({
    code: 'E0404', severity: 'error', kind: 'arithmetic', message: 'Division by zero', span: null, stack, help: ['h'], related: [],
  });
  expect(runtimeDiagnostic({ kind: 'shop/sold-out', message: 'm', span: null })).toEqual({
    code: 'E0421', severity: 'error', kind: 'shop/sold-out', message: 'm', span: null, stack: [], help: [], related: [],
  });
});
