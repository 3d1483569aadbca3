/**
 * The benchmark. `--json` prints one document, `--only TEXT` leaves out rows whose names do not contain the text, `--long` does what takes many
 * minutes too. Each suite runs in a process of its own, `--suite NAME` is one of them. With `--alone` nothing is measured in another process: this is one.
 * A missed target is said clearly but is no failure; a wrong answer is one.
 */
import { parseArgs } from 'node:util';
import { inOwnProcess } from './alone.ts';
import { renderJson, renderTable, type Row, type Took } from './report.ts';
import { benchEnvironment } from './subject.ts';
import { depth } from './suites/depth.ts';
import { metering } from './suites/metering.ts';
import { interpreted } from './suites/interpreted.ts';
import { peers } from './suites/peers.ts';
import { durable } from './suites/durable.ts';
import { effects } from './suites/effects.ts';
import { engines } from './suites/engines.ts';
import { processes } from './suites/processes.ts';
import { protocol } from './suites/protocol.ts';
import { reading } from './suites/reading.ts';
import { size } from './suites/size.ts';
import { snapshots } from './suites/snapshots.ts';
import { steps } from './suites/steps.ts';
import { store } from './suites/store.ts';
import type { Suite } from './suites/suite.ts';
import { tiers } from './suites/tiers.ts';

const SUITES: readonly (readonly [name: string, suite: Suite])[] = Object.entries({
  tiers, metering, effects, steps, snapshots, depth, reading, store, durable, engines, protocol, processes, size, peers, interpreted,
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' }, root: { type: 'string' }, long: { type: 'boolean' }, alone: { type: 'boolean' }, suite: { type: 'string' } } });
  const only = values.only?.toLowerCase() ?? '';
  const wants = (name: string): boolean => name.toLowerCase().includes(only);
  const wanted = SUITES.filter(([name, suite]) => suite.names.some(wants) && (values.suite ?? name) === name);
  if (wanted.length === 0) {
    process.stderr.write(`no row contains ${JSON.stringify(values.only)}; the rows are:\n${SUITES.flatMap(([, suite]) => suite.names).join('\n')}\n`);
    process.exitCode = 2;
    return;
  }
  const { root = '.', long: isLong = false, alone: isAlone = false } = values;
  const rows: Row[] = [];
  const took: Took[] = [];
  if (wanted.length > 1 && !isAlone) {
    for (const [name] of wanted) {
      const measured = inOwnProcess(['--suite', name, '--root', root, '--only', only, ...(isLong ? ['--long'] : [])]);
      rows.push(...measured.rows);
      took.push(...measured.took);
    }
    process.stdout.write(`${values.json === true ? renderJson(rows, took) : renderTable(rows, took)}\n`);
    return;
  }
  const input = { environment: benchEnvironment(), root, wants, isLong, isAlone };
  for (const [name, suite] of wanted) {
    const startMs = performance.now();
    rows.push(...(await suite.run(input)).filter((one) => wants(one.name)));
    took.push({ suite: name, seconds: (performance.now() - startMs) / 1_000 });
  }
  process.stdout.write(`${values.json === true ? renderJson(rows, took) : renderTable(rows, took)}\n`);
}

await main();
