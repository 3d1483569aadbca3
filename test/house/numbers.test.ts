/** What code takes from the place in a list, or from a number written out, is what the name beside it says. */
import { expect, test } from 'vitest';
import { Op, type OpCode, OPERANDS } from '../../src/evaluator/opcodes.ts';
import { OPERATIONS } from '../../src/ir/node.ts';
import { readText } from './source.ts';

function commented(path: string, pattern: RegExp): readonly (readonly string[])[] {
  return [...readText(path).matchAll(pattern)].map((match) => match.slice(1));
}

test('the machine numbers its instructions as they are numbered', () => {
  const numbered = commented('src/evaluator/machine.ts', /\b(\d+) \/\* ([A-Z_\d]+) \*\//g);
  const numbers: Readonly<Record<string, number>> = Op;
  expect(numbered.filter(([number, name]) => numbers[name!] !== Number(number))).toEqual([]);
  expect(new Set(numbered.map(([, name]) => name))).toEqual(new Set(Object.keys(Op)));
});

test('operands are told for each instruction', () => {
  const named = commented('src/evaluator/opcodes.ts', /^ {2}'(\w*)', \/\/ (\w+)$/gm);
  expect(named.map(([, name]) => name)).toEqual(Object.entries(Op).sort(([, a], [, b]) => a - b).map(([name]) => name));
  expect(named.map(([operands]) => operands)).toEqual(named.map((_, op) => OPERANDS[op as OpCode]));
});

test('operations stand in the order of their names', () => {
  expect(commented('src/evaluator/steps.ts', /^ {2}\/\* (%[\w-]+) \*\//gm).flat()).toEqual([...OPERATIONS]);
});

test('comparisons, and the jumps by them, stand in one order', () => {
  const order = ['LT', 'LE', 'GT', 'GE', 'EQ'] as const;
  order.forEach((name, place) => expect([Op[name] - Op.LT, Op[`JUMP_NOT_${name}`] - Op.JUMP_NOT_LT, Op[`JUMP_NOT_${name}_I`] - Op.JUMP_NOT_LT_I]).toEqual([place, place, place]));
});
