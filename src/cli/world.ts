/** The world that a program is given, from options: limits, grants, policies, and a host to open when the program needs one. */
import type { Diagnostic, Result } from '../diagnostic/diagnostic.ts';
import type { Limits } from '../evaluator/limits.ts';
import { systemClock } from '../host/clock.ts';
import type { Clock, Console, Grant, Host } from '../host/port.ts';
import { NO_SECURITY, type SecurityOptions, type WorldOptions } from './invocation.ts';
import type { Security } from './security.ts';
import type { Terminal } from './terminal.ts';

export interface World {
  readonly limits: Partial<Limits>;
  readonly grants: readonly Grant[];
  readonly clock: Clock;
  readonly openHost: () => Promise<Host>;
  /** What stands above the grants; null when nothing was asked for. */
  readonly security: Security | null;
}

/** The console is only made when the program needs one. */
export async function openWorld(options: WorldOptions & { readonly security?: SecurityOptions }, console: () => Promise<Console>): Promise<Result<World, readonly Diagnostic[]>> {
  const limits = options.limits.length === 0 ? NO_LIMITS : (await import('./limit.ts')).parseLimits(options.limits);
  const grants = options.grants.length === 0 ? NO_GRANTS : await parseGrants(options.grants);
  const asked = options.security ?? NO_SECURITY;
  const isPlain = asked.policy === null && asked.constitution === null && asked.secrets === null && !asked.strict;
  const security = isPlain ? WITHOUT : await (await import('./security.ts')).readSecurity(asked);
  if (!limits.ok || !grants.ok || !security.ok) return { ok: false, error: [limits, grants, security].flatMap((one) => (one.ok ? [] : one.error)) };
  const above = security.value;
  return {
    ok: true,
    value: { limits: above === null ? limits.value : above.limits(limits.value), clock: systemClock, grants: grants.value, openHost: () => openHostOf(grants.value, above, console), security: above },
  };
}

const WITHOUT: Result<Security | null, readonly Diagnostic[]> = { ok: true, value: null };
const NO_LIMITS: Result<Partial<Limits>, readonly Diagnostic[]> = { ok: true, value: {} };
const NO_GRANTS: Result<readonly Grant[], readonly Diagnostic[]> = { ok: true, value: [] };

async function parseGrants(texts: readonly string[]): Promise<Result<readonly Grant[], readonly Diagnostic[]>> {
  const { readGrants } = await import('../host/open.ts');
  return readGrants(texts, process.cwd());
}

export async function openHostOf(grants: readonly Grant[], security: Security | null, console: () => Promise<Console>): Promise<Host> {
  const { openHost } = await import('../host/open.ts');
  return openHost({ grants, clock: systemClock, console: await console(), ...security?.host });
}

/** Programs print on the output, or on the error stream when the output is taken. */
export async function terminalConsole(terminal: Terminal, output: 'out' | 'error'): Promise<Console> {
  const { streamConsole } = await import('../host/console.ts');
  const error = terminal.errorStream();
  return streamConsole({ input: process.stdin, output: output === 'out' ? terminal.outStream() : error, error });
}
