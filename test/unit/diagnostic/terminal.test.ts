import { describe, expect, test } from 'vitest';
import { columnsBetween, glyphAt, isInsidePair, nextOffset, previousOffset, printable } from '../../../src/diagnostic/terminal.ts';

const columnsOf = (text: string): number => columnsBetween(text, 0, text.length);

describe('what reaches the terminal', () => {
  test.each([
    ['plain text', '(+ 1 2)', '(+ 1 2)'],
    ['letters of other scripts', 'größe 数 שלום', 'größe 数 שלום'],
    ['an escape sequence', '\u001b[31mred', '<U+001B>[31mred'],
    ['a line break', 'a\r\nb', 'a<U+000D><U+000A>b'],
    ['a tab', 'a\tb', 'a    b'],
    ['delete and the second block of controls', '\u007f\u009b', '<U+007F><U+009B>'],
    ['a change of direction', 'a\u202eb\u2066c', 'a<U+202E>b<U+2066>c'],
    ['an invisible space', 'co\u200bunt', 'co<U+200B>unt'],
    ['a byte order mark', '\ufeffx', '<U+FEFF>x'],
    ['a joiner between ASCII letters', 'co\u200dunt', 'co<U+200D>unt'],
    ['a joiner between emoji', '👩\u200d🚀', '👩\u200d🚀'],
    ['a non-joiner between Persian letters', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['a lone surrogate', 'a\ud83d', 'a<U+D83D>'],
    ['an invisible tag', 'a\u{e0041}', 'a<U+E0041>'],
  ])('%s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('never holds a control character, whatever the code point', () => {
    const isControl = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
    const leaking: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const shown = printable(`é${String.fromCodePoint(code)}`);
      if (isControl.test(shown)) leaking.push(code.toString(16));
    }
    expect(leaking).toEqual([]);
  });
});

describe('the columns of a text', () => {
  test.each([
    ['plain text', 'abc', 3],
    ['an accented letter', 'é', 1],
    ['the same with a combining accent', 'e\u0301', 1],
    ['wide characters', '数据', 4],
    ['Hangul syllables', '한국', 4],
    ['a Hangul syllable in parts', '\u1112\u1161\u11ab', 2],
    ['half-width katakana', 'ｶﾅ', 2],
    ['full-width letters', 'ＡＢ', 4],
    ['an emoji', '😀', 2],
    ['an emoji with a skin tone', '👍🏽', 2],
    ['a family, joined', '👨\u200d👩\u200d👧', 2],
    ['a woman with a profession, joined', '👩\u200d⚕\ufe0f', 2],
    ['an emoji behind a joiner that joins nothing', 'a\u200d😀', 11],
    ['a flag', '🇫🇷', 2],
    ['Thai vowels above', 'กี่', 1],
    ['Arabic with vowel marks', 'مُ', 1],
    ['an escaped control character', '\u0000', 8],
    ['a tab', '\t', 4],
    ['nothing', '', 0],
  ])('%s', (_, text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  test('marks of the basic plane take none', () => {
    const wide: string[] = [];
    for (let code = 0x300; code < 0x3100; code++) {
      const char = String.fromCodePoint(code);
      if (/[\p{Mn}\p{Me}]/u.test(char) && !printable(char).startsWith('<') && columnsOf(char) !== 0) wide.push(code.toString(16));
    }
    expect(wide).toEqual([]);
  });
});

test('stepping forward and back visits the same offsets', () => {
  const text = 'a😀\ud83db\ude00😀';
  const forward: number[] = [0];
  while (forward.at(-1)! < text.length) forward.push(nextOffset(text, forward.at(-1)!));
  const back: number[] = [text.length];
  while (back.at(-1)! > 0) back.push(previousOffset(text, back.at(-1)!));
  expect(forward).toEqual([0, 1, 3, 4, 5, 6, 8]);
  expect(back).toEqual([...forward].reverse());
  expect(forward.filter((offset) => isInsidePair(text, offset))).toEqual([]);
  expect([2, 7].filter((offset) => isInsidePair(text, offset))).toEqual([2, 7]);
  expect(glyphAt(text, 1)).toEqual({ text: '😀', columns: 2 });
});
