/** The world that a program is given, from options: limits, grants, and a host to open when the program needs one. */
import type { Diagnostic, Result } from '../diagnostic/diagnostic.ts';
import type { Limits } from '../evaluator/limits.ts';
import { systemClock } from '../host/clock.ts';
import type { Clock, Console, Grant, Host } from '../host/port.ts';
import type { CapabilityFile } from '../host/manifest/read.ts';
import { readDeclared } from './capabilities.ts';
import type { WorldOptions } from './invocation.ts';
import type { Terminal } from './terminal.ts';

export interface World {
  readonly limits: Partial<Limits>;
  readonly clock: Clock;
  readonly openHost: () => Promise<Host>;
}

/** The console is only made when the program needs one. */
export async function openWorld(options: WorldOptions, console: () => Promise<Console>): Promise<Result<World, readonly Diagnostic[]>> {
  const limits = options.limits.length === 0 ? NO_LIMITS : (await import('./limit.ts')).parseLimits(options.limits);
  const declared = await readDeclared(options.capabilities);
  if (!declared.ok) return declared;
  const { file } = declared.value;
  const grants = options.grants.length === 0 ? NO_GRANTS : await parseGrants(options.grants, file);
  if (limits.ok && grants.ok) return { ok: true, value: { limits: limits.value, clock: systemClock, openHost: () => open(grants.value, file, console) } };
  return { ok: false, error: [...(limits.ok ? [] : limits.error), ...(grants.ok ? [] : grants.error)] };
}

const NO_LIMITS: Result<Partial<Limits>, readonly Diagnostic[]> = { ok: true, value: {} };
const NO_GRANTS: Result<readonly Grant[], readonly Diagnostic[]> = { ok: true, value: [] };

async function parseGrants(texts: readonly string[], file: CapabilityFile): Promise<Result<readonly Grant[], readonly Diagnostic[]>> {
  const [{ readGrants }, { grantableIds }] = await Promise.all([import('../host/open.ts'), import('../host/executor/declared.ts')]);
  return readGrants(texts, process.cwd(), grantableIds(file, texts));
}

async function open(grants: readonly Grant[], declared: CapabilityFile, console: () => Promise<Console>): Promise<Host> {
  const [{ openHost }, { cliEnvironment }] = await Promise.all([import('../host/open.ts'), import('./environment.ts')]);
  return openHost({ grants, declared, language: cliEnvironment, clock: systemClock, console: await console() });
}

/** Programs print on the output, or on the error stream when the output is taken. */
export async function terminalConsole(terminal: Terminal, output: 'out' | 'error'): Promise<Console> {
  const { streamConsole } = await import('../host/console.ts');
  const error = terminal.errorStream();
  return streamConsole({ input: process.stdin, output: output === 'out' ? terminal.outStream() : error, error });
}
