/** `rtfs policy`: the policies that come with rtfs, and what is in one. */
import { policyText } from '../host/security/policy-text.ts';
import { PRESETS } from '../host/security/presets.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { PolicyOptions } from './invocation.ts';
import { report } from './report.ts';
import { readNamedPolicy } from './security.ts';
import type { Terminal } from './terminal.ts';

export async function policyCommand({ policy: operand }: PolicyOptions, terminal: Terminal): Promise<ExitCode> {
  const names = operand === null ? [...PRESETS.keys()] : [operand];
  const width = Math.max(...names.map((name) => name.length));
  for (const name of names) {
    const policy = readNamedPolicy(name);
    if (!policy.ok) {
      report(terminal, policy.error, () => null);
      return EXIT.usage;
    }
    terminal.out(operand === null ? `${name.padEnd(width)}  ${policy.value.description ?? ''}\n` : policyText(policy.value, process.cwd()));
  }
  return EXIT.ok;
}
