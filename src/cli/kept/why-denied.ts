/** `rtfs why-denied RUN`: why calls of a run were denied, from its journal: by the policy, the constitution, a budget, a person. */
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { denialsIn } from '../../host/durable/denials.ts';
import { readRecords } from '../../host/durable/history.ts';
import { denialText } from '../../host/security/denial.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { WhyDeniedOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { withRun } from './with-store.ts';

export function whyDeniedCommand(options: WhyDeniedOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, async ({ keeping }, row, refuse) => {
    const records = await readRecords(keeping.store, row.id);
    if (!records.ok) return refuse(diagnostic('E0511', records.error, null));
    const denials = denialsIn(records.value).filter(({ call }) => options.call === null || call === options.call);
    if (options.json) terminal.out(`${JSON.stringify(denials)}\n`);
    else terminal.out(denials.length === 0 ? noneText(options.call) : denials.map(denialText).join('\n'));
    return EXIT.ok;
  });
}

function noneText(call: string | null): string {
  return call === null ? 'no call was denied\n' : `call ${call} was not denied\n`;
}
