import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commonEffects, containsEffect, effectsOf, normalEffect, normalEffects, overlaps } from '../../../../src/host/security/effects.ts';
import { commonIds, coversId, matchesGlob, normalIds } from '../../../../src/host/security/pattern.ts';

describe('a pattern of ids', () => {
  test.each([
    ['fs.read', 'fs.read', true],
    ['fs.read', 'fs.readx', false],
    ['fs.', 'fs.read', true],
    ['fs.', 'fs', false],
    ['fs.', 'fsx.read', false],
    ['fs.', 'fs.a.b', true],
    ['fs.a.', 'fs.ab', false],
    ['*', 'anything', true],
    ['f*', 'fs.read', false],
  ])('%s covers %s: %s', (pattern, id, covers) => {
    expect(coversId(pattern, id)).toBe(covers);
  });

  test('lists have in common what both cover', () => {
    expect(commonIds(['fs.', 'http.get', 'time.'], ['fs.read', 'http.', 'env.'])).toEqual(['fs.read', 'http.get']);
    expect(commonIds(['*'], ['fs.', 'a'])).toEqual(['a', 'fs.']);
    expect(commonIds(['fs.'], [])).toEqual([]);
    expect(normalIds(['fs.read', 'fs.', 'fs.read', 'a'])).toEqual(['a', 'fs.']);
  });

  test('for every id what two lists have in common is what both cover', () => {
    const pattern = fc.constantFrom('*', 'a.', 'a.b', 'a.b.', 'a.b.c', 'b.', 'b.c', 'c');
    const list = fc.array(pattern, { maxLength: 4 });
    const covers = (patterns: readonly string[], id: string): boolean => patterns.some((one) => coversId(one, id));
    fc.assert(
      fc.property(list, list, fc.constantFrom('a', 'a.b', 'a.b.c', 'a.x', 'b.c', 'b', 'c', 'd'), (a, b, id) => {
        expect(covers(commonIds(a, b), id)).toBe(covers(a, id) && covers(b, id));
        expect(covers(normalIds(a), id)).toBe(covers(a, id));
      }),
    );
  });
});

describe('a glob', () => {
  test.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'abc', true],
    ['a*', 'abc', true],
    ['a*', 'ba', false],
    ['*c', 'abc', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['*b*b*', 'abc', false],
    ['a**c', 'abc', true],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'ab', false],
    ['*aba*', 'ababa', true],
  ])('%j matches %j: %s', (glob, text, matches) => {
    expect(matchesGlob(glob, text)).toBe(matches);
  });

  test('agrees with the slow way to say it', () => {
    const slow = (glob: string, text: string): boolean => {
      if (glob === '') return text === '';
      if (glob[0] !== '*') return text[0] === glob[0] && slow(glob.slice(1), text.slice(1));
      return slow(glob.slice(1), text) || (text !== '' && slow(glob, text.slice(1)));
    };
    const word = (alphabet: string[]) => fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((letters) => letters.join(''));
    fc.assert(fc.property(word(['a', 'b', '*']), word(['a', 'b']), (glob, text) => matchesGlob(glob, text) === slow(glob, text)), { numRuns: 2000 });
  });

  test('with many stars does not take long over a long text', () => {
    expect(matchesGlob(`${'*a'.repeat(2000)}*b`, 'a'.repeat(100_000))).toBe(false);
  });
});

describe('an effect', () => {
  test.each([
    [':NETWORK', 'network'],
    [' network ', 'network'],
    ['Fs.Read', 'fs.read'],
  ])('%j is %s', (written, normal) => {
    expect(normalEffect(written)).toBe(normal);
  });

  test('contains what it is the beginning of, word by word', () => {
    expect(containsEffect('fs', 'fs.read')).toBe(true);
    expect(containsEffect('fs.read', 'fs')).toBe(false);
    expect(containsEffect('fs', 'fsx')).toBe(false);
    expect(overlaps('fs.read', 'fs')).toBe(true);
    expect(overlaps('fs.read', 'fs.write')).toBe(false);
  });

  test('is known of the capabilities of the house, and unknown of others', () => {
    expect(effectsOf('fs.list')).toEqual(['fs.read']);
    expect(effectsOf('fs.delete')).toEqual(['fs.write']);
    expect(effectsOf('http.request')).toEqual(['network']);
    expect(effectsOf('shop.price')).toEqual(['unknown']);
  });

  test('lists have in common what both allow', () => {
    expect(commonEffects(['fs', 'ui'], ['fs.read', 'network'])).toEqual(['fs.read']);
    expect(commonEffects(null, ['fs'])).toEqual(['fs']);
    expect(commonEffects(['fs'], null)).toEqual(['fs']);
    expect(commonEffects(null, null)).toBe(null);
    expect(normalEffects([':FS', 'fs.read', 'ui', 'UI'])).toEqual(['fs', 'ui']);
  });
});
