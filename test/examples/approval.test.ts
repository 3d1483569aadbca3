import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { example, rtfs, withDirectory } from './support.ts';

const PLAN = example('approval.rtfs');
const REQUESTS = example('data/requests.json');

async function decide(answers: readonly string[], requests = REQUESTS) {
  return withDirectory(async (directory) => {
    const ended = await rtfs(['run', PLAN, 'out/decisions.json', '--input', requests, '--allow', 'user.ask', '--allow', 'fs.write=out'], {
      cwd: directory,
      typed: answers.map((answer) => `${answer}\n`).join(''),
    });
    const written = await readFile(path.join(directory, 'out/decisions.json'), 'utf8').catch(() => null);
    return { ...ended, decisions: written === null ? null : (JSON.parse(written) as { id: string; decision: string; by?: string; reason?: string }[]) };
  });
}

function summary(decisions: Awaited<ReturnType<typeof decide>>['decisions']) {
  return decisions?.map(({ id, decision, by, reason }) => [id, decision, by ?? reason]);
}

describe('the approval of purchase requests', () => {
  test('asks about the larger ones, and keeps to the budget', async () => {
    const { status, stdout, decisions } = await decide(['a', 'r', 'Too far away', 'a', 'R-104']);
    expect(status).toBe(0);
    expect(summary(decisions)).toEqual([
      ['R-101', 'approved', 'rule'],
      ['R-102', 'approved', 'a person'],
      ['R-103', 'refused', 'Too far away'],
      ['R-104', 'approved', 'a person'],
      ['R-105', 'refused', 'only 1,906.50 of the budget left'],
      ['R-106', 'approved', 'rule'],
    ]);
    // 24.50 + 649.00 + 7,420.00 + 98.00
    expect(stdout).toContain('{:decided {:approved 4 :refused 2} :spent "8,191.50" :written "out/decisions.json"}');
  });

  test('asks again until it understands, and takes a large sum only when it is confirmed', async () => {
    const { decisions, stdout, stderr } = await decide(['yes', ' R ', '', ' no desk ', 'p', 'a', 'R-105', 'a', 'R-105']);
    expect(summary(decisions)?.slice(1, 5)).toEqual([
      ['R-102', 'refused', 'no desk'],
      ['R-103', 'put-off', 'for later'],
      ['R-104', 'put-off', 'not confirmed'],
      ['R-105', 'approved', 'a person'],
    ]);
    expect(stdout.match(/Please answer with one of these letters/g)).toHaveLength(1);
    expect(stderr.match(/ {2}Approve, refuse or put off\? \[a\/p\/r\] /g)).toHaveLength(5);
    expect(stderr.match(/ {2}Why\? /g)).toHaveLength(2);
  });

  test('puts off what nobody answers, and keeps what was decided before', async () => {
    const { status, stdout, decisions } = await decide(['a', 'r']);
    expect(status).toBe(0);
    expect(summary(decisions)).toEqual([
      ['R-101', 'approved', 'rule'],
      ['R-102', 'approved', 'a person'],
      ['R-103', 'put-off', 'nobody answered'],
      ['R-104', 'put-off', 'nobody answered'],
      ['R-105', 'put-off', 'nobody answered'],
      ['R-106', 'approved', 'rule'],
    ]);
    expect(stdout).toContain('{:decided {:approved 3 :put-off 3} :spent "771.50"');
  });

  test('takes only requests that are complete', () =>
    withDirectory(async (directory) => {
      const requests = path.join(directory, 'requests.json');
      await writeFile(requests, '[{"id": "R-1", "who": "Ann", "what": "pens", "cents": -5}]');
      const { status, stderr, decisions } = await decide([], requests);
      expect(status).toBe(1);
      expect(stderr).toMatch(/Type validation error: .*cents/);
      expect(decisions).toBeNull();
    }));

  test('needs a grant to ask, and is told which', async () => {
    const ended = await rtfs(['run', PLAN, '--input', REQUESTS], { typed: 'a\n' });
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain('--allow user.ask');
  });
});
