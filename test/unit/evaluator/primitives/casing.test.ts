import { describe, expect, it } from 'vitest';
import { lowerCase, upperCase } from '../../../../src/evaluator/primitives/casing.ts';

describe('casing', () => {
  it.each([
    ['', ''],
    ['abc XYZ 09_-', 'ABC XYZ 09_-'],
    ['straße', 'STRASSE'],
    ['ﬁne', 'FINE'],
    ['élan', 'ÉLAN'],
    ['привет', 'ПРИВЕТ'],
    ['ὀδυσσεύς', 'ὈΔΥΣΣΕΎΣ'],
    ['ÿ', 'Ÿ'],
    ['𐐨𐐩', '𐐀𐐁'],
    ['日本語', '日本語'],
    ['\ud800x', '\ud800X'],
  ])('puts %j in upper case as %j', (text, upper) => {
    expect(upperCase(text)).toBe(upper);
  });

  it.each([
    ['ÀÉÎ', 'àéî'],
    ['İ', 'i̇'],
    ['ΟΔΥΣΣΕΥΣ ΣΑΣ', 'οδυσσευς σας'],
    ['Σ', 'σ'],
    ['ΑΣ.', 'ας.'],
    ['ΑΣ.Α', 'ασ.α'],
    ['𐐀Σ', '𐐨ς'],
    ['Ω', 'ω'],
    ['\udc00A', '\udc00a'],
  ])('puts %j in lower case as %j', (text, lower) => {
    expect(lowerCase(text)).toBe(lower);
  });

  it('keeps long texts whole', () => {
    const text = 'é'.repeat(10_000) + '𐐨';
    expect(upperCase(text)).toBe('É'.repeat(10_000) + '𐐀');
  });

  // The engine is a second opinion, worth asking only where it was built with the same Unicode version.
  it.runIf(process.versions.unicode === '17.0')('agrees with the engine on every code point', () => {
    const different: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      const text = String.fromCodePoint(point);
      if (upperCase(text) !== text.toUpperCase() || lowerCase(text) !== text.toLowerCase()) different.push(point.toString(16));
    }
    expect(different).toEqual([]);
  });
});
