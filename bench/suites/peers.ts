/**
 * Other systems for Clojure on JavaScript, on the ten workloads, beside us: nbb interprets and compiles what is hot to JavaScript, squint compiles
 * ahead. Neither counts what a program does, limits it, or can stop it. They have a package file of their own (`npm ci --prefix bench/peers`);
 * without them the rows say so.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { geometricMean, measure, type Timing } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { benchEnvironment, running } from '../subject.ts';
import { WORKLOADS } from '../workloads/all.ts';
import type { Argument, Workload } from '../workloads/workload.ts';
import type { Suite, SuiteInput } from './suite.ts';

interface Peer {
  readonly name: string;
  /** How much slower it has to be by geometric mean, and on each workload; less than 1: how much faster it may be. */
  readonly target: number;
  readonly each: number | null;
  /** Workloads that it would take minutes for, by how their names begin. */
  readonly without: readonly string[];
  readonly load: (folder: string, source: string) => Promise<(...args: Argument[]) => unknown>;
}

/** squint copies the whole map or array for each change of one entry. */
const COPIED = ['sieve', '200,000 map updates', 'word count'];

const PEERS: readonly Peer[] = [
  { name: 'nbb', target: 1.5, each: 1, without: [], load: loadNbb },
  { name: 'squint', target: 0.667, each: null, without: COPIED, load: loadSquint },
];

const UNIT = '× our time';

export const peers: Suite = {
  names: PEERS.flatMap((peer) => [...workloadsOf(peer).map((workload) => nameOf(peer, workload)), meanOf(peer)]),
  run: async ({ root, wants }: SuiteInput): Promise<readonly Row[]> => {
    const folder = join(root, 'bench/peers');
    const contests = PEERS.map((peer) => ({ peer, workloads: wants(meanOf(peer)) ? workloadsOf(peer) : workloadsOf(peer).filter((workload) => wants(nameOf(peer, workload))) }));
    const wanted = contests.filter(({ workloads }) => workloads.length > 0);
    if (!existsSync(join(folder, 'node_modules'))) return wanted.map(({ peer }) => row(meanOf(peer), null, UNIT, null, 'not installed: npm ci --prefix bench/peers'));
    const measured: { readonly peer: Peer; readonly row: Row }[] = [];
    for (const workload of WORKLOADS) {
      const contestants = wanted.filter(({ workloads }) => workloads.includes(workload)).map(({ peer }) => peer);
      measured.push(...(await runWorkload(workload, contestants, folder)));
    }
    return wanted.flatMap(({ peer, workloads }) => {
      const rows = measured.filter((one) => one.peer === peer).map((one) => one.row);
      if (workloads.length < workloadsOf(peer).length) return rows;
      return [...rows, row(meanOf(peer), geometricMean(rows.map((one) => one.value!)), UNIT, peer.target)];
    });
  },
};

function workloadsOf({ without }: Peer): readonly Workload[] {
  return WORKLOADS.filter(({ name }) => !without.some((begin) => name.startsWith(begin)));
}

function nameOf(peer: Peer, workload: Workload): string {
  return `${peer.name}: ${workload.name}`;
}

function meanOf(peer: Peer): string {
  return `${peer.name}: geometric mean of the ${workloadsOf(peer).length === WORKLOADS.length ? 'ten' : 'others'}`;
}

/** Ourselves and one of them in turns: with all of them at once each would run among the garbage of the others. */
async function runWorkload(workload: Workload, contestants: readonly Peer[], folder: string): Promise<{ readonly peer: Peer; readonly row: Row }[]> {
  const measured: { readonly peer: Peer; readonly row: Row }[] = [];
  const args = workload.args();
  for (const peer of contestants) {
    const main = await peer.load(folder, workload.source);
    const ours = running(benchEnvironment(), workload);
    // As in any real process, and as beside JavaScript: neither begins with its largest run.
    ours.run(workload.smallArgs());
    main(...workload.smallArgs());
    const [own, other] = measure([{ run: () => ours.run(args) }, { run: () => main(...args) }], { samples: 5, warmUpRuns: 2 });
    measured.push({ peer, row: rowOf(peer, workload, other!, own!) });
  }
  return measured;
}

function rowOf(peer: Peer, workload: Workload, other: Timing, own: Timing): Row {
  return row(nameOf(peer, workload), other.cpuMs / own.cpuMs, UNIT, peer.each, `${other.cpuMs.toPrecision(3)} ms / ${own.cpuMs.toPrecision(3)} ms`);
}

/** What the ten use beyond `clojure.core`. */
const NEEDS = '(:require [clojure.string :refer [join split]])';

export async function loadNbb(folder: string, source: string): Promise<(...args: Argument[]) => unknown> {
  const { loadString } = (await import(pathToFileURL(join(folder, 'node_modules/nbb/index.mjs')).href)) as { loadString: (text: string) => Promise<unknown> };
  return (await loadString(`(ns workload ${NEEDS})\n${source}\nmain`)) as (...args: Argument[]) => unknown;
}

let files = 0;

async function loadSquint(folder: string, source: string): Promise<(...args: Argument[]) => unknown> {
  const { compileString } = (await import(pathToFileURL(join(folder, 'node_modules/squint-cljs/index.js')).href)) as { compileString: (text: string) => string };
  const out = join(folder, 'out');
  mkdirSync(out, { recursive: true });
  const file = join(out, `${process.pid}-${files++}.mjs`);
  writeFileSync(file, compileString(`(ns workload ${NEEDS})\n${source}`));
  const { main } = (await import(pathToFileURL(file).href)) as { main: (...args: Argument[]) => unknown };
  return main;
}
