import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentOf, example, rtfs, withDirectory } from './support.ts';

const PLAN = example('log-analysis.rtfs');

interface Line {
  readonly address: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** Lines that follow from their number alone, and the text of each as the server would write it. */
function lines(size: number): Line[] {
  const routes = ['GET /', 'GET /api/orders/:id', 'POST /api/orders', 'POST /login'];
  return Array.from({ length: size }, (_, i) => {
    const route = routes[i % 4]!;
    const status = i % 50 === 1 ? 500 : i % 50 === 2 ? 503 : i % 7 === 0 ? 404 : 200;
    return { address: `198.51.100.${i % 30}`, route, status, ms: (i * 37) % 1000 };
  });
}

function textOf({ address, route, status, ms }: Line, index: number): string {
  const time = new Date(Date.UTC(2025, 2, 4) + index * 1000).toISOString().replace('.000Z', 'Z');
  const asked = route.replace(':id', `${index}${index % 3 === 0 ? '?full=1' : ''}`);
  return `${address} [${time}] "${asked}" ${status} ${ms}ms`;
}

/** The value at least as great as `share` of the numbers, by counting. */
function percentile(share: number, numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b).find((one) => numbers.filter((other) => other <= one).length >= share * numbers.length)!;
}

async function analyse(text: string, ...more: string[]) {
  return withDirectory(async (directory) => {
    await writeFile(path.join(directory, 'access.log'), text);
    return rtfs(['run', PLAN, 'access.log', ...more, '--allow', 'fs.read=.'], { cwd: directory });
  });
}

describe('the log analysis', () => {
  test('of 6,000 lines agrees with the lines that were written', async () => {
    const all = lines(6000);
    const ended = await analyse(`${all.map(textOf).join('\n')}\n`);
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
    const failed = all.filter((line) => line.status >= 500).length;
    const share = ((100 * failed) / all.length).toFixed(1);
    expect(ended.stdout).toContain(`{:requests 6000 :server-errors "${share} %" :suspects [] :unreadable 0}`);
    expect(ended.stdout).toMatch(new RegExp(`^server error +${failed} +${share} %$`, 'm'));
    for (const route of new Set(all.map((line) => line.route))) {
      const times = all.filter((line) => line.route === route).map((line) => line.ms);
      const errors = all.filter((line) => line.route === route && line.status >= 500).length;
      const row = ended.stdout.split('\n').find((line) => line.startsWith(`${route} `))!;
      expect(row.slice(route.length).trim().split(/\s{2,}/)).toEqual([
        `${times.length}`, `${percentile(0.5, times)} ms`, `${percentile(0.95, times)} ms`, ...(errors === 0 ? [] : [`${errors}`]),
      ]);
    }
  });

  test('names who was refused more than five times, and from when to when', async () => {
    const refused = (address: string, second: number): string => `${address} [2025-03-04T10:00:0${second}Z] "POST /login" 401 5ms`;
    const ended = await analyse([...[1, 2, 3, 4, 5, 6].map((second) => refused('203.0.113.9', second)), ...[1, 2, 3, 4, 5].map((second) => refused('192.0.2.1', second))].join('\n'));
    expect(ended.stdout).toContain('! 203.0.113.9 was refused 6 times at the login, 2025-03-04T10:00:01Z to 2025-03-04T10:00:06Z\n');
    expect(ended.stdout).toContain(':suspects ["203.0.113.9"]');
  });

  test('counts what is no line of a log, and times that do not exist', async () => {
    const ended = await analyse('nonsense\n\n1.2.3.4 [2025-02-30T10:00:00Z] "GET /" 200 5ms\n1.2.3.4 [2025-02-28T10:00:00Z] "GET /" 200 5ms\n');
    expect(ended.stdout).toContain('{:requests 1 :server-errors "0.0 %" :suspects [] :unreadable 2}');
  });

  test('fails when more requests failed than may, after it has shown its tables', async () => {
    const text = lines(100).map(textOf).join('\n');
    const over = await analyse(text, '3.9');
    expect(over.status).toBe(1);
    expect(over.stderr).toContain('4.0 % of the requests ended in a server error');
    expect(over.stdout).toContain('server error');
    expect((await analyse(text, '4')).status).toBe(0);
  });

  test('works on the log that comes with it', async () => {
    const ended = await rtfs(['run', PLAN, 'examples/data/access.log', '--allow', 'fs.read=examples/data', '--json']);
    expect(documentOf(ended)).toMatchObject({ status: 'complete', json: { requests: 159, unreadable: 2, suspects: ['203.0.113.200'] } });
  });

  test('needs a grant, and is told which', async () => {
    const ended = await rtfs(['run', PLAN, 'examples/data/access.log']);
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain('--allow fs.read=examples/data');
  });
});
