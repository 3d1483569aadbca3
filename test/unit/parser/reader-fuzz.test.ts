/** Whatever the text: the reader answers with forms and diagnostics, and every span lies within the text. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Span } from '../../../src/diagnostic/span.ts';
import type { Form } from '../../../src/parser/form.ts';
import { read, READ_LENGTH_MAX, type Reading } from '../../../src/parser/reader.ts';
import { commentEnd } from '../../../src/parser/characters.ts';
import { tokenize } from '../../../src/parser/tokens.ts';
import { MUTATED, PIECE, PROGRAM, SOUP } from './reader-texts.ts';

/** Plain checks: an `expect` for each of a million spans would take most of the time. */
function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function checkSpan({ file, start, end }: Span, text: string): void {
  must(file === 'fuzz' && start >= 0 && start <= end && end <= text.length, `a span outside of the text: ${file} ${start} ${end}`);
}

/** Forms lie within the text, and within the forms around them. */
function checkForms(forms: readonly Form[], text: string): void {
  const open: Form[] = [...forms];
  for (let form = open.pop(); form !== undefined; form = open.pop()) {
    checkSpan(form.span, text);
    if (!('items' in form)) continue;
    must(form.kind !== 'map' || form.items.length % 2 === 0, 'a map with a key without value');
    for (const item of form.items) {
      must(item.span.start >= form.span.start && item.span.end <= form.span.end, 'a form outside of the form it is in');
      open.push(item);
    }
  }
}

function checkReading(text: string): Reading {
  const reading = read(text, 'fuzz');
  checkForms(reading.forms, text);
  for (const { span, related, code } of reading.diagnostics) {
    must(/^E01\d\d$/.test(code), `not a code of the reader: ${code}`);
    checkSpan(span!, text);
    for (const place of related) checkSpan(place.span, text);
  }
  const starts = reading.diagnostics.map(({ span }) => span!.start);
  must(starts.every((start, i) => i === 0 || starts[i - 1]! <= start), 'diagnostics out of order');
  return reading;
}

describe('the reader survives', () => {
  test('any string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void checkReading(text)), { numRuns: 1000 });
  });

  test('any UTF-16 code units', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 }).map((codes) => String.fromCharCode(...codes));
    fc.assert(fc.property(units, (text) => void checkReading(text)), { numRuns: 1000 });
  });

  test('any bytes read as Latin-1', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((codes) => String.fromCharCode(...codes));
    fc.assert(fc.property(bytes, (text) => void checkReading(text)), { numRuns: 1000 });
  });

  test('any pieces of the grammar', () => {
    fc.assert(fc.property(SOUP, (text) => void checkReading(text)), { numRuns: 4000 });
  });

  test('a right program with pieces cut out, doubled and put in', () => {
    expect(checkReading(PROGRAM).diagnostics).toEqual([]);
    fc.assert(fc.property(MUTATED, (text) => void checkReading(text)), { numRuns: 3000 });
  });

  test('every beginning of a right program, which is incomplete wherever it ends in a bracket, a string or a comment', () => {
    const nested = PROGRAM.slice(PROGRAM.indexOf('(defn'), PROGRAM.indexOf('(step'));
    for (let end = 0; end <= PROGRAM.length; end++) checkReading(PROGRAM.slice(0, end));
    for (let end = 1; end < nested.trimEnd().length; end++) must(checkReading(nested.slice(0, end)).incomplete, nested.slice(0, end));
  });
});

test('every character is part of a token, of a comment, or blank', () => {
  const soup = fc.array(fc.oneof(PIECE, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 }).map((pieces) => pieces.join(''));
  const blank = /^[\s,]$/;
  fc.assert(
    fc.property(soup, (text) => {
      const tokens = [...tokenize(text), { startOffset: text.length, image: '' }];
      let at = 0;
      for (const { startOffset, image } of tokens) {
        must(startOffset >= at, 'tokens overlap');
        while (at < startOffset) {
          const end = commentEnd(text, at);
          must(end >= 0 || blank.test(text[at]!), `lost: ${JSON.stringify(text[at])}`);
          at = end >= 0 ? end : at + 1;
        }
        must(text.startsWith(image, at), 'a token is not its text');
        at += image.length;
      }
    }),
    { numRuns: 2000 },
  );
});

describe('nothing overflows, however long a single piece is', () => {
  const LENGTH = READ_LENGTH_MAX - 100;
  test.each<[string, string, string, string]>([
    ['a word', '', 'a', ''],
    ['a keyword of many parts', ':', 'a/', 'b'],
    ['a context path', '<a', '/a', '>'],
    ['colons', 'a', ':a', ''],
    ['a versioned name', '', 'a', ':v1/x'],
    ['digits', '', '1', ''],
    ['digits and points', '1', '.0', ''],
    ['a string', '"', 'c', '"'],
    ['escapes', '"', '\\n', '"'],
    ['line breaks in a string', '"', '\n', '"'],
    ['an open string', '"', 'c', ''],
    ['block comments in a block comment', '#|', '#||#', '|#'],
    ['comment', ';', 'c', ''],
    ['blanks', '', ' ', ''],
    ['a pattern literal', '#"', 'a\\d', '"'],
    ['a wide word', '', '\u4e2d', ''],
  ])('%s', (_, start, middle, end) => {
    const text = start + middle.repeat(Math.floor(LENGTH / middle.length)) + end;
    const { forms, diagnostics } = read(text, 'fuzz');
    expect(forms.length).toBeLessThanOrEqual(1);
    expect(diagnostics.length).toBeLessThanOrEqual(1);
  });
});

describe('reading is a function of the text', () => {
  test('the same text gives equal readings', () => {
    fc.assert(
      fc.property(SOUP, (text) => {
        expect(read(text, 'fuzz')).toEqual(read(text, 'fuzz'));
      }),
      { numRuns: 500 },
    );
  });

  test('blanks and comments between the tokens of a program change nothing but places', () => {
    const bare = (forms: readonly Form[]): unknown => JSON.parse(JSON.stringify(forms, (key, value: unknown) => (key === 'span' ? undefined : typeof value === 'bigint' ? `${value}n` : value)));
    const words = ['(f', '[a', '{:k', '1}', '#{2}]', "'q", '"s t"', '(g', '1.5', ':k)', ')'];
    const gap = fc.constantFrom(' ', '\n', ', ', ' ; c\n', ' #| ) |# ', ' #_ x ', '\r\n');
    fc.assert(
      fc.property(fc.array(gap, { minLength: words.length, maxLength: words.length }), (gaps) => {
        const text = words.map((word, i) => word + gaps[i]!).join('');
        const reading = checkReading(text);
        expect(reading.diagnostics).toEqual([]);
        expect(bare(reading.forms)).toEqual(bare(read(words.join(' '), 'fuzz').forms));
      }),
      { numRuns: 500 },
    );
  });
});
