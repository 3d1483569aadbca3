import { describe, expect, test } from 'vitest';
import { benchEnvironment, running } from '../../../bench/subject.ts';
import { WORKLOADS } from '../../../bench/workloads/all.ts';
import { sameCounts } from '../../../bench/workloads/word-count.ts';
import { wordText } from '../../../bench/workloads/words.ts';
import { agrees, type Workload } from '../../../bench/workloads/workload.ts';
import { MapValue } from '../../../src/value/map.ts';
import type { Value } from '../../../src/value/value.ts';

const environment = benchEnvironment();

/** What small tasks give, worked out by hand or known from the literature. */
const KNOWN: readonly (readonly [string, Value])[] = [
  ['fib 32', 55],
  ['loop-sum 1e7', 4950],
  ['sieve to 50,000', 25],
  ['8 queens', 4],
  ['map/filter/reduce over 1e6', 60],
  ['word count of 200,000 words', MapValue.of('the', 3, 'cat', 1, 'and', 2, 'dog', 1, 'bird', 1)],
  ['string join of 200,000 parts', 'part-0,part-1,part-2'],
];

function workloadNamed(name: string): Workload {
  return WORKLOADS.find((workload) => workload.name === name)!;
}

describe('the workloads of the benchmark', () => {
  test.each(WORKLOADS.map((workload) => [workload.name, workload] as const))('%s: program and baseline agree', (_, workload) => {
    const args = workload.smallArgs();
    const answer = running(environment, workload).run(args);
    expect(agrees(workload, answer, workload.baseline(...args))).toBe(true);
  });

  test.each(KNOWN)('%s gives the known answer on its small size', (name, expected) => {
    const workload = workloadNamed(name);
    expect(running(environment, workload).run(workload.smallArgs())).toEqual(expected);
  });

  test('tak of 18, 12 and 6 is 7 on both sides', () => {
    const tak = workloadNamed('tak 18 12 6');
    expect(tak.baseline(...tak.args())).toBe(7);
    expect(running(environment, tak).run(tak.args())).toBe(7);
  });

  test('there are ten, each of another name', () => {
    expect(new Set(WORKLOADS.map((workload) => workload.name)).size).toBe(10);
  });

  test('counts of words differ when one count, or one word, does', () => {
    const answer = MapValue.of('a', 1, 'b', 2);
    expect(sameCounts(answer, new Map([['a', 1], ['b', 2]]))).toBe(true);
    expect(sameCounts(answer, new Map([['a', 1], ['b', 3]]))).toBe(false);
    expect(sameCounts(answer, new Map([['a', 1], ['c', 2]]))).toBe(false);
    expect(sameCounts(answer, new Map([['a', 1]]))).toBe(false);
  });

  test('the text has as many words as were asked for, the first of them the most frequent', () => {
    const words = wordText(10_000).split(' ');
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    expect(words).toHaveLength(10_000);
    expect(Math.max(...counts.values())).toBe(counts.get('do'));
    expect(counts.size).toBeGreaterThan(1_000);
  });
});
