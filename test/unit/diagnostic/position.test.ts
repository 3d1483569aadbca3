import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineCount, lineRange, lineTable, lineTables, lineText, positionAt } from '../../../src/diagnostic/position.ts';

const at = (text: string, offset: number): string => {
  const { line, column } = positionAt(lineTable(text), offset);
  return `${line}:${column}`;
};

const linesOf = (text: string): string[] => {
  const table = lineTable(text);
  return Array.from({ length: lineCount(table) }, (_, i) => lineText(table, i + 1));
};

describe('line and column', () => {
  test.each([
    ['the start of an empty text', '', 0, '1:1'],
    ['the first character', 'abc', 0, '1:1'],
    ['a character inside', 'abc', 2, '1:3'],
    ['the end', 'abc', 3, '1:4'],
    ['the line break itself', 'ab\ncd', 2, '1:3'],
    ['the first character after it', 'ab\ncd', 3, '2:1'],
    ['the end after a last line break', 'ab\n', 3, '2:1'],
    ['the CR of CRLF', 'ab\r\ncd', 2, '1:3'],
    ['the LF of CRLF', 'ab\r\ncd', 3, '1:3'],
    ['the first character after CRLF', 'ab\r\ncd', 4, '2:1'],
    ['a lone CR ends a line too', 'ab\rcd', 3, '2:1'],
    ['CR CR LF is two line breaks', '\r\r\nx', 3, '3:1'],
    ['LF CR is two line breaks', '\n\rx', 2, '3:1'],
    ['a tab counts as one', '\t\tx', 2, '1:3'],
    ['a character outside the basic plane counts as one', '😀😀x', 4, '1:3'],
    ['its second half has the column of the first', '😀😀x', 3, '1:2'],
    ['pairs of lines above do not count', '😀\n😀x', 5, '2:2'],
    ['a lone high surrogate counts as one', '\ud83dx', 1, '1:2'],
    ['a lone low surrogate counts as one', '\ude00x', 1, '1:2'],
    ['an accent is a code point of its own', 'e\u0301x', 2, '1:3'],
    ['before the text counts as its start', 'ab', -5, '1:1'],
    ['after the text counts as its end', 'ab\nc', 99, '2:2'],
  ])('%s', (_, text, offset, expected) => {
    expect(at(text, offset)).toBe(expected);
  });

  test('agrees with walking the text character by character', () => {
    const texts = fc.array(fc.constantFrom('a', '\n', '\r\n', '\r', '\t', '😀', '\ud83d', '\ude00', 'é', '\u2028'), { maxLength: 30 });
    fc.assert(fc.property(texts, (parts) => {
      const text = parts.join('');
      const table = lineTable(text);
      let line = 1;
      let column = 1;
      for (let i = 0; i < text.length; ) {
        expect(positionAt(table, i)).toEqual({ line, column });
        const char = String.fromCodePoint(text.codePointAt(i)!);
        const isBreak = char === '\n' || (char === '\r' && text[i + 1] !== '\n');
        if (isBreak) [line, column] = [line + 1, 1];
        else if (char !== '\r') column += 1;
        i += char.length;
      }
      expect(positionAt(table, text.length)).toEqual({ line, column });
    }));
  });
});

describe('lines', () => {
  test.each([
    ['', ['']],
    ['one', ['one']],
    ['one\n', ['one', '']],
    ['one\r\ntwo\rthree\n\nfive', ['one', 'two', 'three', '', 'five']],
    ['\r\r\n', ['', '', '']],
  ])('of %j', (text, expected) => {
    expect(linesOf(text)).toEqual(expected);
  });

  test('that do not exist are empty', () => {
    expect(lineText(lineTable('a\nb'), 3)).toBe('');
    expect(lineRange(lineTable('a\nb'), 9)).toEqual({ start: 3, end: 3 });
  });
});

test('one million questions about one long line are answered from the table', () => {
  const table = lineTable(`${'😀a'.repeat(500_000)}x`);
  let wrong = 0;
  for (let i = 0; i < 500_000; i++) if (positionAt(table, 3 * i + 2).column !== 2 * i + 2) wrong += 1;
  expect(wrong).toBe(0);
});

test('a source is asked for once, missing or not', () => {
  const asked: string[] = [];
  const tableOf = lineTables((file) => (asked.push(file), file === 'a' ? 'text' : null));
  expect([tableOf('a')?.text, tableOf('b'), tableOf('a')?.text, tableOf('b')]).toEqual(['text', null, 'text', null]);
  expect(asked).toEqual(['a', 'b']);
});
