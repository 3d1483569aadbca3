/** The options that say who carries on branches of a run. */
import type { Command } from 'commander';
import type { WorkersChoice } from './invocation.ts';

export interface WorkersFlags {
  readonly workers?: string[];
  readonly tokenFile?: string;
  readonly keys?: string;
}

export function workersOptions(command: Command, collect: (value: string, before: string[] | undefined) => string[]): Command {
  return command
    .option('--workers <url>', 'let this `rtfs worker` carry on branches of the plan (repeatable)', collect)
    .option('--token-file <file>', 'the token of the workers, in a file; else the variable RTFS_TOKEN')
    .option('--keys <dir>', 'the keys that sign what workers are given; those of the workers must be known among them (default: those of this user)');
}

export function workersOf({ workers, tokenFile, keys }: WorkersFlags): WorkersChoice | null {
  return workers === undefined ? null : { urls: workers, tokenFile: tokenFile ?? null, keys: keys ?? null };
}

/** What is wrong with what they say; null: nothing. */
export function wrongWorkers({ workers, tokenFile, keys }: WorkersFlags): [message: string, help: readonly string[]] | null {
  if (workers === undefined) return tokenFile === undefined && keys === undefined ? null : ['--token-file and --keys belong to --workers', ['add `--workers URL`, or leave them out']];
  const wrong = workers.find((url) => !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''));
  return wrong === undefined ? null : [`\`${wrong}\` is no address of a worker`, ['`rtfs worker --http PORT` says its own: http://127.0.0.1:4001/']];
}
