import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, type Row } from '../../../src/diagnostic/excerpt.ts';
import { lineTable } from '../../../src/diagnostic/position.ts';
import { columnsBetween } from '../../../src/diagnostic/terminal.ts';

/** Rows as lines; `«` and `»` in the text stand for the span. */
function draw(marked: string, roomColumns = 80): string[] {
  const start = marked.indexOf('«');
  const end = marked.indexOf('»') - 1;
  return excerpt(lineTable(marked.replace('«', '').replace('»', '')), { start, end }, roomColumns).map(rowText);
}

function rowText(row: Row): string {
  if (row.kind === 'gap') return `… ${row.lines}`;
  return row.kind === 'source' ? `${row.line}|${row.text}` : ` |${' '.repeat(row.indent)}${'^'.repeat(row.columns)}`;
}

describe('one line', () => {
  test.each([
    ['a word', '(a «bcd» e)', ['1|(a bcd e)', ' |   ^^^']],
    ['an empty span', 'ab«»c', ['1|abc', ' |  ^']],
    ['the end of a line', 'ab«»\ncd', ['1|ab', ' |  ^']],
    ['the line break', 'ab«\n»cd', ['1|ab', ' |  ^']],
    ['the line break of CRLF', 'ab«\r\n»cd', ['1|ab', ' |  ^']],
    ['an empty text', '«»', ['1|', ' |^']],
    ['the end of the text after a line break', '(a\n«»', ['2|', ' |^']],
    ['a word behind tabs', '\t\t«x» y', ['1|        x y', ' |        ^']],
    ['a tab', 'a«\t»b', ['1|a    b', ' | ^^^^']],
    ['wide characters before and inside', '"数" «"据据"»', ['1|"数" "据据"', ' |     ^^^^^^']],
    ['a combining accent', '(e\u0301 «x»)', ['1|(e\u0301 x)', ' |   ^']],
    ['only a combining accent', 'e«\u0301»', ['1|e\u0301', ' | ^']],
    ['a control character', '(a«\u0007»)', ['1|(a<U+0007>)', ' |  ^^^^^^^^']],
    ['half of a character', 'a«\ud83d»\ude00b', ['1|a😀b', ' | ^^']],
    ['the other half', 'a\ud83d«\ude00»b', ['1|a😀b', ' | ^^']],
    ['blanks at the end of the line are not shown', '«a» \t ', ['1|a', ' |^']],
  ])('%s', (_, text, rows) => {
    expect(draw(text)).toEqual(rows);
  });

  test('offsets outside the text are its start and end', () => {
    expect(excerpt(lineTable('ab'), { start: -4, end: 99 }, 80).map(rowText)).toEqual(['1|ab', ' |^^']);
    expect(excerpt(lineTable('ab'), { start: 50, end: 40 }, 80).map(rowText)).toEqual(['1|ab', ' |  ^']);
  });
});

describe('several lines', () => {
  test('each is marked below its own text', () => {
    expect(draw('(do «(let [x 1]  \n\n      x)»)')).toEqual(['1|(do (let [x 1]', ' |    ^^^^^^^^^^', '2|', '3|      x))', ' |      ^^']);
  });

  test('a span that ends in the indentation of a line does not mark it', () => {
    expect(draw('«(a)\n  »(b)')).toEqual(['1|(a)', ' |^^^', '2|  (b)']);
  });

  test('six are shown whole', () => {
    expect(draw('«a\nb\nc\nd\ne\nf»').filter((row) => row !== ' |^')).toEqual(['1|a', '2|b', '3|c', '4|d', '5|e', '6|f']);
  });

  test('of seven the first three and the last two', () => {
    expect(draw('«a\nb\nc\nd\ne\nf\ng»').filter((row) => row !== ' |^')).toEqual(['1|a', '2|b', '3|c', '… 2', '6|f', '7|g']);
  });

  test('a span of a million lines shows five', () => {
    expect(draw(`«${'x\n'.repeat(999_999)}x»`).filter((row) => row !== ' |^')).toEqual(['1|x', '2|x', '3|x', '… 999995', '999999|x', '1000000|x']);
  });
});

describe('a line that is too long', () => {
  // Room for 20: two for the signs of the cut, 18 for text.
  test('is cut after, when the mark is near its beginning', () => {
    // Half of 18 - 1 before the mark is more than there is: the line shows from its first character.
    expect(draw(`abc«d»${'e'.repeat(40)}`, 20)).toEqual([`1|abcd${'e'.repeat(14)}…`, ' |   ^']);
  });

  test('is cut before, when the mark is near its end', () => {
    expect(draw(`${'a'.repeat(40)}«b»cd`, 20)).toEqual([`1|…${'a'.repeat(15)}bcd`, ` |${' '.repeat(16)}^`]);
  });

  test('is cut on both sides, when the mark is inside', () => {
    // (18 - 2) / 2 = 8 before the mark, the mark, and 8 after it.
    expect(draw(`${'a'.repeat(40)}«bb»${'c'.repeat(40)}`, 20)).toEqual(['1|…aaaaaaaabbcccccccc…', ' |         ^^']);
  });

  test('shows the beginning of a mark that is too long itself', () => {
    // A quarter of 18, so 4, before it; the sign of the cut is marked too.
    expect(draw(`${'a'.repeat(40)}«${'b'.repeat(40)}»`, 20)).toEqual([`1|…aaaa${'b'.repeat(14)}…`, ` |     ${'^'.repeat(15)}`]);
  });

  test('is not cut when it just fits', () => {
    expect(draw(`«${'a'.repeat(20)}»`, 20)).toEqual([`1|${'a'.repeat(20)}`, ` |${'^'.repeat(20)}`]);
  });

  test('never cuts a wide character in half', () => {
    // 18 columns hold eight wide characters, and the mark and one column are left.
    expect(draw(`«b»${'数'.repeat(40)}`, 20)).toEqual([`1|b${'数'.repeat(8)}…`, ' |^']);
  });

  test('of ten million characters costs one screen line', () => {
    const rows = draw(`${'a'.repeat(10_000_000)}«b»${'\u0301'.repeat(1_000_000)}`, 40);
    expect(rows.map((row) => row.length < 200)).toEqual([true, true]);
    expect(rows[0]).toContain('ab\u0301');
  });
});

test('marks are inside the room and below text, whatever the line and the span', () => {
  const unit = fc.constantFrom('a', ' ', '\t', '数', '😀', '\u0301', '\u0007', '\u200d', '\ud83d', '\n', '\r\n');
  const texts = fc.array(unit, { maxLength: 120 }).map((parts) => parts.join(''));
  fc.assert(fc.property(texts, fc.nat({ max: 130 }), fc.nat({ max: 130 }), fc.integer({ min: 20, max: 60 }), (text, start, length, room) => {
    const rows = excerpt(lineTable(text), { start, end: start + length }, room);
    expect(rows[0]?.kind).toBe('source');
    expect(rows.some((row) => row.kind === 'mark')).toBe(true);
    rows.forEach((row, i) => {
      if (row.kind === 'source') expect(columnsBetween(row.text, 0, row.text.length)).toBeLessThanOrEqual(room);
      if (row.kind !== 'mark') return;
      expect(rows[i - 1]?.kind).toBe('source');
      expect(row.columns).toBeGreaterThanOrEqual(1);
      expect(row.indent + row.columns).toBeLessThanOrEqual(room + 1);
    });
  }), { numRuns: 2_000 });
});
