/** What tokens begin with is said beforehand: it must be what their patterns say. */
import { Lexer } from 'chevrotain';
import { expect, it } from 'vitest';
import { createScanning } from '../../../src/parser/tokens.ts';

it('every character begins the same tokens, whether the lexer looks at the first characters or tries all patterns', () => {
  const { lexer, types } = createScanning(false);
  const careful = new Lexer([...types], { safeMode: true, positionTracking: 'onlyOffset', skipValidations: true });
  const tokensOf = (one: Lexer, text: string): string => one.tokenize(text).tokens.map(({ image, tokenType }) => `${tokenType.name} ${image}`).join('|');
  const others: string[] = [];
  for (let code = 0; code <= 0xffff; code++) {
    const text = `${String.fromCharCode(code)}a`;
    if (tokensOf(lexer, text) !== tokensOf(careful, text)) others.push(code.toString(16));
  }
  expect(others).toEqual([]);
});
