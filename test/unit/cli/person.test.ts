import { expect, test } from 'vitest';
import { personOf } from '../../../src/cli/kept/person.ts';

test('whoever is named, else whoever is logged in, even where the system has no name for them', () => {
  expect(personOf('human:ann', () => 'bea')).toBe('human:ann');
  expect(personOf(null, () => 'bea')).toBe('human:bea');
  const nobody = (): string => {
    throw new Error('ENOENT: no such user');
  };
  expect(personOf(null, nobody)).toBe('human:unknown');
});
