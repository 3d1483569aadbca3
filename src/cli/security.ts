/** `--policy`, `--constitution`, `--secrets`, `--strict`: what stands above the grants of a run, from names and files. */
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result, runtimeDiagnostic } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import type { StartOptions } from '../evaluator/kernel.ts';
import type { Limits } from '../evaluator/limits.ts';
import { type HostOptions, readPolicyDocument } from '../host/open.ts';
import { environmentSecrets, fileSecrets, firstOf } from '../host/secret-source.ts';
import { authorizeProgram, type ProgramFacts } from '../host/security/authorizer.ts';
import { readConstitution } from '../host/security/constitution-text.ts';
import { readDocument } from '../host/security/document.ts';
import { Governor, governsContexts } from '../host/security/governance.ts';
import { authorityOf } from '../host/security/policy.ts';
import type { NamedPolicy } from '../host/security/policy-text.ts';
import { PRESETS } from '../host/security/presets.ts';
import { ISOLATIONS, kernelLimits } from '../host/security/runtime-context.ts';
import { fromPlain } from '../value/plain.ts';
import type { Value } from '../value/value.ts';
import { parseBudget } from './budget.ts';
import type { SecurityOptions } from './invocation.ts';
import { readText } from './source.ts';

export interface Security {
  readonly host: Pick<HostOptions, 'policy' | 'constitution' | 'strict' | 'secrets' | 'budget'>;
  readonly isolations: NonNullable<StartOptions['isolations']>;
  /** What of the limits that were asked for the policy leaves. */
  readonly limits: (asked: Partial<Limits>) => Partial<Limits>;
  /** For a new run, when the constitution has a say on what moves inside of it. */
  readonly newGovernor: () => Governor | null;
  /** Why the program may not be started; null when it may. */
  readonly admit: (program: ProgramFacts) => Diagnostic | null;
}

export async function readSecurity(options: SecurityOptions): Promise<Result<Security, readonly Diagnostic[]>> {
  const policy = options.policy === null ? NOTHING : readNamedPolicy(options.policy);
  const constitution = options.constitution === null ? NOTHING : withDocument(options.constitution, readConstitution);
  const secrets = options.secrets === null ? NOTHING : readable(options.secrets);
  const budget = parseBudget(options.budget);
  if (!policy.ok || !constitution.ok || !secrets.ok || !budget.ok) return { ok: false, error: [policy, constitution, secrets, budget].flatMap((one) => (one.ok ? [] : one.error)) };
  const context = policy.value?.context;
  const authority = authorityOf({
    grants: [], baseDirectory: process.cwd(), constitution: constitution.value, ...(policy.value === null ? {} : { context: policy.value.context, contextName: `the policy ${policy.value.name}` }),
  });
  return {
    ok: true,
    value: {
      host: {
        ...(policy.value === null ? {} : { policy: policy.value }),
        constitution: constitution.value,
        strict: options.strict,
        budget: budget.value,
        ...(secrets.value === null ? {} : { secrets: firstOf(environmentSecrets(variable), fileSecrets(secrets.value)) }),
      },
      isolations: context?.isolation.allowed ?? ISOLATIONS,
      limits: (asked) => (context === undefined ? asked : kernelLimits(context, asked)),
      newGovernor: () => (constitution.value !== null && governsContexts(constitution.value) ? new Governor(constitution.value) : null),
      admit: (program) => {
        const { allowed, reasons } = authorizeProgram(authority, program);
        return allowed ? null : runtimeDiagnostic({ kind: 'security', message: `the program may not be run: ${reasons[0]!.message}`, span: null, help: reasons.flatMap(({ cure }) => cure ?? []) });
      },
    },
  };
}

const NOTHING: { readonly ok: true; readonly value: null } = { ok: true, value: null };

function variable(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
}

/** One that comes with rtfs, else a file. */
export function readNamedPolicy(operand: string): Result<NamedPolicy, readonly Diagnostic[]> {
  const preset = PRESETS.get(operand);
  if (preset !== undefined) {
    const document = fromPlain(preset);
    return document.ok ? readPolicyDocument(operand, document.value, process.cwd()) : { ok: false, error: [diagnostic('E0508', document.error.message, null)] };
  }
  const read = withDocument(operand, (name, document) => readPolicyDocument(name, document, process.cwd()));
  return read.ok || !/^[\w-]+$/.test(operand) ? read : { ok: false, error: [noPolicy(operand)] };
}

function noPolicy(name: string): Diagnostic {
  const names = [...PRESETS.keys()];
  const meant = suggest(name, names);
  const help = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `those that come with rtfs are ${names.join(', ')}; a file is written with its ending`;
  return diagnostic('E0502', `there is no policy \`${name}\``, null, { help: [help] });
}

function withDocument<T>(file: string, read: (name: string, document: Value) => Result<T, readonly Diagnostic[]>): Result<T, readonly Diagnostic[]> {
  const text = readText(file);
  if (!text.ok) return { ok: false, error: [text.error] };
  const document = readDocument(text.value, file);
  return document.ok ? read(file, document.value) : document;
}

/** The file is read again for each secret; that it is not there at all is said at once. */
function readable(file: string): Result<string, readonly Diagnostic[]> {
  const text = readText(file);
  return text.ok ? { ok: true, value: path.resolve(file) } : { ok: false, error: [text.error] };
}
