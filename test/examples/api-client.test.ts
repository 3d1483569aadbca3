import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { type Ended, example, rtfs } from './support.ts';

const PLAN = example('api-client.rtfs');
const SERVER = example('support/api-server.mjs');

interface Seen {
  readonly requests: number;
  readonly reports: Readonly<Record<string, { readonly orders: number; readonly cents: number; readonly customers: Readonly<Record<string, number>> }>>;
}

/** The service in a process of its own, on a port that was free. */
class Service {
  readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor(...flags: string[]) {
    this.child = spawn(process.execPath, [SERVER, ...flags], { stdio: 'pipe' });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async address(): Promise<string> {
    return (await this.line()).replace('listening on http://', '');
  }

  /** What it saw, once it has ended by itself. */
  async seen(): Promise<Seen> {
    const seen = JSON.parse(await this.line()) as Seen;
    if (this.child.exitCode === null) await once(this.child, 'exit');
    expect(this.child.exitCode).toBe(0);
    return seen;
  }

  private async line(): Promise<string> {
    const next = await this.lines.next();
    if (next.done === true) throw new Error('the service has ended');
    return next.value;
  }
}

async function withService<Result>(use: (service: Service, address: string) => Promise<Result>, ...flags: string[]): Promise<Result> {
  const service = new Service(...flags);
  try {
    return await use(service, await service.address());
  } finally {
    service.child.kill();
  }
}

function runPlan(address: string, ...grants: string[]): Promise<Ended> {
  return rtfs(['run', PLAN, `http://${address}`, '--json', ...grants.flatMap((grant) => ['--allow', grant])]);
}

/** The orders of the service by its rule: number i is Ada's, Church's, Erlang's … in turn. */
function expectedReport() {
  const names = ['Ada', 'Church', 'Erlang', 'Boole', 'Dijkstra'];
  const customers: Record<string, number> = {};
  let cents = 0;
  for (let i = 0; i < 100; i++) {
    const amount = 500 + ((i * 3779) % 9500);
    cents += amount;
    customers[names[i % 5]!] = (customers[names[i % 5]!] ?? 0) + amount;
  }
  return { orders: 100, cents, customers };
}

describe('the client of an unreliable service', () => {
  test('gets all pages and delivers one report, whatever goes wrong on the way', () =>
    withService(async (service, address) => {
      const ended = await runPlan(address, `http=${address}`, 'time');
      expect(ended.status).toBe(0);
      expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete', json: { ...expectedReport(), stored: true, 'delivered-before': true } });
      const seen = await service.seen();
      expect(Object.values(seen.reports)).toEqual([expectedReport()]);
      // Three pages, one report; two were busy, one broke, one stayed silent, one was too many, one answer was lost.
      expect(seen.requests).toBeGreaterThanOrEqual(10);
    }));

  test('tells of each attempt, and waits as long as it is asked to', () =>
    withService(async (_, address) => {
      const { stderr } = await runPlan(address, `http=${address}`, 'time');
      expect(stderr).toMatch(/\/orders\?page=1 answered 503 - trying again in \d+ ms\n/);
      expect(stderr).toMatch(/\/orders\?page=2 answered The connection was closed by the other side: \S+ - trying again in \d+ ms\n/);
      expect(stderr).toMatch(/\/orders\?page=2 answered Timeout: http.request took longer than 1000 ms - trying again in \d+ ms\n/);
      expect(stderr).toContain('/orders?page=2 answered 429 - trying again in 1000 ms\n');
      expect(stderr).toMatch(/\/reports answered 502 - trying again in \d+ ms\n/);
    }));

  test('gives up after six attempts, each pause twice as long as the one before', () =>
    withService(async (_, address) => {
      const ended = await runPlan(address, `http=${address}`, 'time');
      expect(ended.status).toBe(1);
      const { error } = JSON.parse(ended.stdout) as { error: { kind: string; message: string } };
      expect(error.kind).toBe('user');
      expect(error.message).toMatch(/\/orders\?page=1 answered .+ at attempt 6$/);
      expect([...ended.stderr.matchAll(/trying again in (\d+) ms/g)].map((match) => Number(match[1]))).toEqual([50, 100, 200, 400, 800]);
    }, '--down'));

  test('needs a grant for the host and one for waiting, and is told which', () =>
    withService(async (_, address) => {
      const stranger = await runPlan(address);
      expect(stranger.status).toBe(5);
      expect(JSON.parse(stranger.stdout)).toMatchObject({ error: { kind: 'security', data: { grant: `http=${address}` } } });
      const impatient = await runPlan(address, `http=${address}`);
      expect(impatient.status).toBe(5);
      expect(JSON.parse(impatient.stdout)).toMatchObject({ error: { message: expect.stringContaining('--allow time.sleep') as unknown } });
    }));
});
