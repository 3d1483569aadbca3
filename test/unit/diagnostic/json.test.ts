import { expect, test } from 'vitest';
import { CODES } from '../../../src/diagnostic/codes.ts';
import { diagnostic, runtimeDiagnostic } from '../../../src/diagnostic/diagnostic.ts';
import { diagnosticsToJson, diagnosticToJson } from '../../../src/diagnostic/json.ts';

const sources = (file: string): string | null => (file === 'a' ? 'one\r\n"😀" two\n' : null);

test('a diagnostic with everything in it becomes plain data', () => {
  const two = { file: 'a', start: 10, end: 13 };
  const failure = { ...runtimeDiagnostic({ kind: 'type', message: 'm', span: two, stack: [{ function: 'f', span: two }, { function: 'g', span: null }], help: ['h'] }), expected: 'e', found: 'o', related: [{ span: { file: 'gone', start: 3, end: 4 }, message: 'r' }] };
  // Line 2 starts at 5; the emoji is two code units and one column.
  const span = { file: 'a', start: { line: 2, column: 5, offset: 10 }, end: { line: 2, column: 8, offset: 13 } };
  expect(diagnosticToJson(failure, sources)).toEqual({
    code: 'E0401',
    severity: 'error',
    kind: 'type',
    title: CODES.E0401.title,
    message: 'm',
    span,
    expected: 'e',
    found: 'o',
    help: ['h'],
    related: [{ message: 'r', span: { file: 'gone', start: { line: null, column: null, offset: 3 }, end: { line: null, column: null, offset: 4 } } }],
    stack: [{ function: 'f', span }, { function: 'g', span: null }],
    cure: CODES.E0401.cure,
  });
});

test('what is not there is null or empty, and no kind is given but at run time', () => {
  const json = diagnosticToJson(diagnostic('E0501', 'm', null), sources);
  expect(json).toEqual({ code: 'E0501', severity: 'error', title: CODES.E0501.title, message: 'm', span: null, expected: null, found: null, help: [], related: [], stack: [], cure: CODES.E0501.cure });
  expect(Object.keys(json)).not.toContain('kind');
});

test('it survives JSON as it is', () => {
  const json = diagnosticToJson(diagnostic('E0101', 'control \u0000 and half \ud83d', { file: 'a', start: 0, end: 1 }), sources);
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});

test('a list keeps its order', () => {
  const list = [diagnostic('E0502', 'b', null), diagnostic('E0501', 'a', null)];
  expect(diagnosticsToJson(list, sources).map((one) => one.code)).toEqual(['E0502', 'E0501']);
});
