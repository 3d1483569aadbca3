/** `rtfs stats`: run a plan and print what it took. */
import { remaining } from '../evaluator/kernel.ts';
import type { ExitCode } from './exit.ts';
import type { RunOptions } from './invocation.ts';
import { type Measured, runCommand } from './run.ts';
import type { Terminal } from './terminal.ts';

export async function statsCommand(options: RunOptions, terminal: Terminal): Promise<ExitCode> {
  return runCommand({ ...options, json: 'none' }, terminal, (done) => {
    const rows = statistics(options, done);
    terminal.out(options.json === 'none' ? tableOf(rows) : `${JSON.stringify(Object.fromEntries(rows.map(({ name, value }) => [name.replaceAll(' ', '-'), value])))}\n`);
  });
}

interface Statistic {
  readonly name: string;
  readonly value: number | string;
  readonly about: string;
}

function statistics({ tier }: RunOptions, { program, ending, wallMs }: Measured): readonly Statistic[] {
  const { state } = ending;
  const left = remaining(state);
  const { limits } = state;
  const compiled = program.table.tier?.statistics ?? { functions: 0, loops: 0, sourceLength: 0, left: 0, abandoned: 0 };
  return [
    { name: 'status', value: ending.kind, about: '' },
    { name: 'tier', value: program.table.tier === null ? 'machine' : tier, about: '' },
    { name: 'wall ms', value: Math.round(wallMs * 1_000) / 1_000, about: 'calls of capabilities and waiting included' },
    { name: 'fuel', value: limits.fuel - left.fuel, about: 'calls of functions, turns of loops, and data that was walked' },
    { name: 'allocation', value: limits.allocation - left.allocation, about: 'cells: elements, entries, 8 characters of text' },
    { name: 'calls', value: limits.calls - left.calls, about: 'of capabilities' },
    { name: 'compiled functions', value: compiled.functions, about: 'each for one number of arguments' },
    { name: 'compiled loops', value: compiled.loops, about: 'that were entered while they ran' },
    { name: 'compiled source', value: compiled.sourceLength, about: 'characters of JavaScript' },
    { name: 'left compiled code', value: compiled.left, about: 'for calls, steps, pauses, and recursion that is deep' },
  ];
}

function tableOf(rows: readonly Statistic[]): string {
  const shown = rows.map(({ name, value, about }) => ({ name, about, value: typeof value === 'number' ? value.toLocaleString('en') : value }));
  const [names, values] = [Math.max(...shown.map(({ name }) => name.length)), Math.max(...shown.map(({ value }) => value.length))];
  return shown.map(({ name, value, about }) => `${name.padEnd(names)}  ${value.padStart(values)}  ${about}`.trimEnd()).join('\n') + '\n';
}
