import { describe, expect, test } from 'vitest';
import { CODES, type Code, codeOfKind, KIND_CODES, type RuntimeKind } from '../../../src/diagnostic/codes.ts';
import type { ErrorKind } from '../../../src/evaluator/raise.ts';

const rows = Object.entries(CODES);

/** In the order in which the codes were given out. */
const KINDS_IN_ORDER = [
  'type', 'arity', 'undefined-symbol', 'arithmetic', 'index', 'key', 'match', 'validation', 'argument', 'syntax', 'security', 'capability',
  'host', 'timeout', 'cancelled', 'budget', 'overflow', 'stack', 'not-callable', 'thrown', 'user', 'internal', 'not-implemented', 'step',
] as const satisfies readonly RuntimeKind[];

describe('the table of codes', () => {
  test.each(rows)('%s is in one of the ranges and has a title without full stop and a cure', (code, { title, cure }) => {
    expect(code).toMatch(/^(E0[1-5]|W06)\d\d$/);
    expect(title).toMatch(/^\S.*[^.\s]$/);
    expect(cure).toMatch(/^\S.*[.]$/);
  });

  test('is sorted, so that the next free number is seen', () => {
    const codes = rows.map(([code]) => code);
    expect(codes).toEqual([...codes].sort());
  });
});

describe('the codes of run-time kinds', () => {
  test('count up from E0401 in the order of the kinds', () => {
    const codes = KINDS_IN_ORDER.map(codeOfKind);
    expect(codes).toEqual(KINDS_IN_ORDER.map((_, i) => `E04${String(i + 1).padStart(2, '0')}`));
  });

  test('cover every E04xx row, and nothing twice', () => {
    expect(Object.values(KIND_CODES).sort()).toEqual(rows.map(([code]) => code).filter((code) => code.startsWith('E04')));
  });

  test('are the kinds that the evaluator raises', () => {
    // Both directions are checked by the compiler.
    const byEvaluatorKind: Readonly<Record<ErrorKind, Code>> = KIND_CODES;
    const byOwnKind: Readonly<Record<RuntimeKind, Code>> = byEvaluatorKind;
    expect(byOwnKind).toBe(KIND_CODES);
  });

  test.each(['my/kind', '', 'Type', 'constructor', '__proto__', 'toString'])('a kind made up by a program (%j) is a user error', (kind) => {
    expect(codeOfKind(kind)).toBe('E0421');
  });
});
