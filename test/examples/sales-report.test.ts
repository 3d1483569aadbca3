import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentOf, example, rtfs, withDirectory } from './support.ts';

const MAKE = example('data/make-sales.rtfs');
const REPORT = example('sales-report.rtfs');

interface Sale {
  readonly month: string;
  readonly region: string;
  readonly category: string;
  readonly cents: number;
}

// What the sales are drawn from, written down a second time: the report is compared with sums over these.
const REGIONS = [...Array<string>(4).fill('North'), ...Array<string>(3).fill('South'), 'East', 'East', 'West', 'West', 'Overseas'];
const MONTHS = [5, 5, 6, 7, 8, 8, 6, 6, 8, 9, 12, 15].flatMap((weight, index) => Array<number>(weight).fill(index + 1));
const PRODUCTS: readonly (readonly [category: string, cents: number])[] = [
  ['Home', 8900], ['Home', 14950], ['Home', 6400], ['Paper', 1290], ['Paper', 1875], ['Paper', 5450],
  ['Outdoor', 17900], ['Outdoor', 12900], ['Outdoor', 28900], ['Kitchen', 3200], ['Kitchen', 7450], ['Kitchen', 9900],
];

function pick<Choice>(choices: readonly Choice[], random: number): Choice {
  return choices[Math.floor(random / 1009) % choices.length]!;
}

/** The sales that can be counted: every 997th has no quantity, every 12503rd is cut short. */
function sales(size: number): Sale[] {
  const drawn: Sale[] = [];
  let seed = 20250131;
  const next = (): number => (seed = Number((BigInt(seed) * 48271n) % 2147483647n));
  for (let order = 1; order <= size; order++) {
    const [a, b, c] = [next(), next(), next()];
    if (order % 997 === 0 || order % 12503 === 0) continue;
    const [category, price] = pick(PRODUCTS, b);
    const quantity = 1 + Math.min(a % 9, c % 14);
    drawn.push({ month: `2025-${String(pick(MONTHS, c)).padStart(2, '0')}`, region: pick(REGIONS, a), category, cents: quantity * price });
  }
  return drawn;
}

function revenueBy(field: 'month' | 'region' | 'category', all: readonly Sale[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const sale of all) totals[sale[field]] = (totals[sale[field]] ?? 0) + sale.cents;
  return totals;
}

interface Group {
  readonly name: string;
  readonly orders: number;
  readonly revenue: number;
}

interface Numbers {
  readonly total: number;
  readonly regions: readonly Group[];
  readonly categories: readonly Group[];
  readonly products: readonly Group[];
  readonly months: readonly Group[];
}

function revenueOf(groups: readonly Group[]): Record<string, number> {
  return Object.fromEntries(groups.map((group) => [group.name, group.revenue]));
}

async function report(directory: string, csv: string): Promise<{ readonly text: string; readonly numbers: Numbers }> {
  const target = path.join(directory, 'numbers.json');
  const ended = await rtfs(['run', REPORT, csv, target, '--allow', `fs=${directory}`]);
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
  return { text: ended.stdout, numbers: JSON.parse(await readFile(target, 'utf8')) as Numbers };
}

describe('the sales report', () => {
  test('over 50,000 lines agrees with sums made another way', () =>
    withDirectory(async (directory) => {
      const csv = path.join(directory, 'sales.csv');
      const made = await rtfs(['run', MAKE, csv, '--allow', `fs.write=${directory}`, '--json']);
      expect(documentOf(made)).toMatchObject({ status: 'complete', json: { rows: 50_000 } });
      expect((await readFile(csv, 'utf8')).split('\n')).toHaveLength(50_002);

      const { text, numbers } = await report(directory, csv);
      const all = sales(50_000);
      const total = all.reduce((sum, sale) => sum + sale.cents, 0);
      expect(numbers.total).toBe(total);
      expect(revenueOf(numbers.regions)).toEqual(revenueBy('region', all));
      expect(revenueOf(numbers.categories)).toEqual(revenueBy('category', all));
      expect(revenueOf(numbers.months)).toEqual(revenueBy('month', all));
      expect(numbers.products.map((product) => product.name)).toContain('Notebook "Atlas"');
      for (const groups of [numbers.regions, numbers.categories, numbers.products, numbers.months]) {
        expect(groups.reduce((sum, group) => sum + group.orders, 0)).toBe(all.length);
      }
      const amount = (total / 100).toLocaleString('en-US', { minimumFractionDigits: 2 });
      expect(text.trimEnd().split('\n').at(-1)).toBe(`{:orders ${all.length} :revenue "${amount}" :skipped 53}`);
    }));

  test('shows the greatest first, and months in order with the longest bar for the best', () =>
    withDirectory(async (directory) => {
      const csv = path.join(directory, 'sales.csv');
      const header = 'order,date,region,product,category,quantity,price';
      const lines = ['1,2025-02-01,West,"Lamp, ""small""",Home,2,10.50', '2,2025-01-09,East,Pen,Paper,1,9.00', '3,2025-02-03,East,Pen,Paper,1,9.00', 'not a sale', '5,2025-02-01,West,Pen,Paper,,9.00'];
      await writeFile(csv, `${[header, ...lines].join('\r\n')}\r\n`);
      const { text } = await report(directory, csv);
      expect(text).toContain('West         1    21.00  53.8 %\nEast         2    18.00  46.2 %\n');
      expect(text).toContain('Lamp, "small"       1    21.00  53.8 %\n');
      expect(text).toMatch(/^2025-01 +9\.00 {2}█{10}\n2025-02 +30\.00 {2}█{32}$/m);
      expect(text).toContain('{:orders 3 :revenue "39.00" :skipped 2}');
    }));

  test('of no sales at all is empty', () =>
    withDirectory(async (directory) => {
      const csv = path.join(directory, 'sales.csv');
      await writeFile(csv, 'order,date,region,product,category,quantity,price\n');
      expect((await report(directory, csv)).text).toContain('{:orders 0 :revenue "0.00" :skipped 0}');
    }));

  test('needs a grant, and is told which', () =>
    withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'sales.csv'), 'header\n');
      const ended = await rtfs(['run', REPORT, 'sales.csv'], { cwd: directory });
      expect(ended.status).toBe(5);
      expect(ended.stderr).toContain('--allow fs.read=.');
      expect(ended.stdout).toBe('');
    }));

  test('says what it needs when it gets nothing', async () => {
    const ended = await rtfs(['run', REPORT]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('the first argument is the CSV file to read');
  });
});
