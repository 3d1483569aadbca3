/** The world that a program is given, from options: limits, grants, policies, and a host to open when the program needs one. */
import type { Diagnostic, Result } from '../diagnostic/diagnostic.ts';
import type { Limits } from '../evaluator/limits.ts';
import { systemClock } from '../host/clock.ts';
import type { Clock, Console, Grant, Host } from '../host/port.ts';
import type { Governed } from '../host/security/governance.ts';
import type { CapabilityFile } from '../host/manifest/read.ts';
import { readDeclared } from './capabilities.ts';
import { NO_SECURITY, type SecurityOptions, type WorldOptions } from './invocation.ts';
import type { Security } from './security.ts';
import type { Terminal } from './terminal.ts';

export interface World {
  readonly limits: Partial<Limits>;
  readonly grants: readonly Grant[];
  readonly clock: Clock;
  /** `more` are grants besides those that were asked for. */
  readonly openHost: (more?: readonly Grant[]) => Promise<Host & Governed>;
  /** What stands above the grants; null when nothing was asked for. */
  readonly security: Security | null;
}

/** The console is only made when the program needs one. */
export async function openWorld(options: WorldOptions & { readonly security?: SecurityOptions }, console: () => Promise<Console>): Promise<Result<World, readonly Diagnostic[]>> {
  const limits = options.limits.length === 0 ? NO_LIMITS : (await import('./limit.ts')).parseLimits(options.limits);
  const declared = await readDeclared(options.capabilities);
  if (!declared.ok) return declared;
  const { file } = declared.value;
  const grants = options.grants.length === 0 ? NO_GRANTS : await parseGrants(options.grants, file);
  const asked = options.security ?? NO_SECURITY;
  const isPlain = asked.policy === null && asked.constitution === null && asked.secrets === null && !asked.strict && asked.budget.length === 0;
  const security = isPlain ? WITHOUT : await (await import('./security.ts')).readSecurity(asked);
  if (!limits.ok || !grants.ok || !security.ok) return { ok: false, error: [limits, grants, security].flatMap((one) => (one.ok ? [] : one.error)) };
  const above = security.value;
  const openHost = (more: readonly Grant[] = []): Promise<Host & Governed> => open([...more, ...grants.value], file, above, console);
  return {
    ok: true,
    value: { limits: above === null ? limits.value : above.limits(limits.value), clock: systemClock, grants: grants.value, openHost, security: above },
  };
}

const WITHOUT: Result<Security | null, readonly Diagnostic[]> = { ok: true, value: null };
const NO_LIMITS: Result<Partial<Limits>, readonly Diagnostic[]> = { ok: true, value: {} };
const NO_GRANTS: Result<readonly Grant[], readonly Diagnostic[]> = { ok: true, value: [] };

async function parseGrants(texts: readonly string[], file: CapabilityFile): Promise<Result<readonly Grant[], readonly Diagnostic[]>> {
  const [{ readGrants }, { grantableIds }] = await Promise.all([import('../host/open.ts'), import('../host/executor/declared.ts')]);
  return readGrants(texts, process.cwd(), grantableIds(file, texts));
}

async function open(grants: readonly Grant[], declared: CapabilityFile, security: Security | null, console: () => Promise<Console>): Promise<Host & Governed> {
  const [{ openHost }, { cliEnvironment }] = await Promise.all([import('../host/open.ts'), import('./environment.ts')]);
  return openHost({ grants, declared, language: cliEnvironment, clock: systemClock, console: await console(), ...security?.host });
}

/** Programs print on the output, or on the error stream when the output is taken. */
export async function terminalConsole(terminal: Terminal, output: 'out' | 'error'): Promise<Console> {
  const { streamConsole } = await import('../host/console.ts');
  const error = terminal.errorStream();
  return streamConsole({ input: process.stdin, output: output === 'out' ? terminal.outStream() : error, error });
}
