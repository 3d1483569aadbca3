import { describe, expect, test } from 'vitest';
import { withService } from './service.ts';
import { example, rtfs } from './support.ts';

const PLAN = example('research.rtfs');

interface Seen {
  readonly searches: readonly { readonly name: string; readonly topic: string }[];
  /** How many requests of each kind were waiting at the same time, at most. */
  readonly most: { readonly searches: number; readonly texts: number };
}

/** The service answers nothing before three searches, and later three texts, have been waiting at the same time. */
function research(...flags: string[]) {
  return withService<Seen, { status: number | null; stdout: string; stderr: string; seen: Seen }>('research-server', ['--together', '3', ...flags], async ({ address, seen }) => {
    const ended = await rtfs(['run', PLAN, `http://${address}`, 'heat pumps', '--allow', `http=${address}`]);
    return { ...ended, seen: await seen() };
  });
}

const REPORT = `Heat pumps: 7 findings of 5 sources, the latest of 2025

encyclopedia
  Heat pump (2023), cited 40 times
  Refrigeration cycle (2019), cited 55 times

journals
  Field trial of 300 heat pumps (2022), cited 310 times
  Heat pumps in old houses (2024), cited 120 times

news
  Subsidies run out in autumn (2025), cited 3 times

statistics
  Heat pumps sold by country (2024), cited 95 times

forum
  What does yours need at -10 °C? (2021), cited 12 times

Worth reading
  Field trial of 300 heat pumps: what there is to say about it, in one sentence.
  Heat pumps in old houses: what there is to say about it, in one sentence.
  Heat pumps sold by country: what there is to say about it, in one sentence.

{:findings 7 :missing [] :sources ["encyclopedia" "journals" "news" "statistics" "forum"]}
`;

describe('research in several sources', () => {
  test('reports in order what all sources found', async () => {
    const { status, stdout, stderr, seen } = await research();
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toBe(REPORT);
    expect(seen.searches.map(({ name }) => name).sort()).toEqual(['encyclopedia', 'forum', 'journals', 'news', 'statistics']);
    expect(new Set(seen.searches.map(({ topic }) => topic))).toEqual(new Set(['heat pumps']));
  });

  test('asks three sources at a time, and reads three texts together', async () => {
    const { seen } = await research();
    expect(seen.most).toEqual({ searches: 3, texts: 3 });
  });

  test('asks again when a source is busy', async () => {
    const { status, stdout, seen } = await research('--busy', 'journals', '--busy', 'forum');
    expect(status).toBe(0);
    expect(stdout).toBe(REPORT);
    expect(seen.searches).toHaveLength(7);
  });

  test('goes on without a source that is down and one that is slow, and says so', async () => {
    const { status, stdout, seen } = await research('--down', 'news', '--slow', 'encyclopedia');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Heat pumps: 4 findings of 3 sources, the latest of 2024\n\njournals\n/);
    expect(stdout).toMatch(/\nMissing\n {2}encyclopedia: no answer in 2000 ms\n {2}news: answered 503\n\n/);
    expect(stdout).toContain(':sources ["journals" "statistics" "forum"]}\n');
    expect(seen.searches.filter(({ name }) => name === 'news')).toHaveLength(3);
  });

  test('shows the titles of what cannot be read', async () => {
    const { status, stdout } = await research('--no-texts');
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nWorth reading\n {2}Field trial of 300 heat pumps \(no text\)\n {2}Heat pumps in old houses \(no text\)\n/);
  });

  test('fails when fewer than three sources answer, and says what is wrong with each of the others', async () => {
    const { status, stdout, stderr } = await research('--down', 'journals', '--down', 'news', '--slow', 'forum');
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('Fewer than 3 sources answered: journals: answered 503; news: answered 503; forum: no answer in 2000 ms\n');
  });

  test('needs a grant for the service, and asks nothing without', () =>
    withService<Seen, void>('research-server', [], async ({ address, seen }) => {
      const ended = await rtfs(['run', PLAN, `http://${address}`, 'heat pumps']);
      expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('--allow http=')]);
      expect((await seen()).searches).toEqual([]);
    }));
});
