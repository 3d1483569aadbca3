import { expect, test } from 'vitest';
import { LargeMap } from '../../../src/value/large-map.ts';

test('holds more entries than one map of the engine may, the newest of a key counting', () => {
  const map = new LargeMap<string, number>(3);
  for (let i = 0; i < 20; i++) map.set(`k${i}`, i);
  for (let i = 0; i < 20; i += 5) map.set(`k${i}`, i * 100);
  for (let i = 0; i < 20; i++) expect(map.get(`k${i}`)).toBe(i % 5 === 0 ? i * 100 : i);
  expect(map.get('k20')).toBe(undefined);
});
