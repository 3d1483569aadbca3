/** `rtfs why-denied RUN`: why calls of a run were denied, from its journal: by the policy, the constitution, a budget, a person. */
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { denialsIn } from '../../host/durable/denials.ts';
import { readRecords } from '../../host/durable/history.ts';
import { denialText } from '../../host/security/denial.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { WhyDeniedOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { refuse } from './resume.ts';
import { findRun, openStore } from './store.ts';

export async function whyDeniedCommand(options: WhyDeniedOptions, terminal: Terminal): Promise<ExitCode> {
  const json = { json: options.json ? ('document' as const) : ('none' as const) };
  const opened = await openStore(options, false);
  if (!opened.ok) return refuse([opened.error], json, terminal);
  const { store } = opened.value.keeping;
  try {
    const row = await findRun(opened.value, options.run);
    if (!row.ok) return await refuse([row.error], json, terminal);
    const records = await readRecords(store, row.value.id);
    if (!records.ok) return await refuse([diagnostic('E0501', records.error, null)], json, terminal);
    const denials = denialsIn(records.value).filter(({ call }) => options.call === null || call === options.call);
    if (options.json) terminal.out(`${JSON.stringify(denials)}\n`);
    else terminal.out(denials.length === 0 ? noneText(options.call) : denials.map(denialText).join('\n'));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function noneText(call: string | null): string {
  return call === null ? 'no call was denied\n' : `call ${call} was not denied\n`;
}
