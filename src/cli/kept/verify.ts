/** `rtfs verify`: whether everything in a store is what was written. */
import { CONTENT_RULES } from '../../host/durable/content-rules.ts';
import type { Keeping } from '../../host/durable/driver.ts';
import { keyDirectory, openKeys } from '../../host/journal/keys.ts';
import { type RunReport, verifyStore } from '../../host/journal/verify.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { VerifyOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { openStore } from './store.ts';
import { withStore } from './with-store.ts';

/** On a terminal it is told after so many runs how far it is. */
const PROGRESS_RUNS = 100;

export function verifyCommand(options: VerifyOptions, terminal: Terminal): Promise<ExitCode> {
  return withStore(options, { json: options.json, terminal }, async ({ keeping: { store, keys, sha256 } }, refuse) => {
    const others: Keeping[] = [];
    for (const other of options.others) {
      const opened = await openStore({ store: other }, false);
      if (!opened.ok) return refuse(opened.error);
      others.push(opened.value.keeping);
    }
    const onRun = (_: RunReport, done: number, of: number): void => {
      if (terminal.errorMoves && !options.json && done % PROGRESS_RUNS === 0) terminal.error(`\r${done} of ${of} runs`);
    };
    const report = await verifyStore(store, { keys: keys ?? openKeys(keyDirectory(process.env)), rules: CONTENT_RULES, sha256, onRun, others: others.map((one) => one.store) });
    for (const one of others) await one.store.close();
    if (terminal.errorMoves && !options.json && report.runs.length >= PROGRESS_RUNS) terminal.error('\r\u001b[K');
    if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
    else {
      const bad = report.runs.filter(({ fault, content }) => fault !== null || content.length > 0);
      for (const run of bad) terminal.out(faultText(run));
      const unsigned = report.runs.filter(({ signedSeq }) => signedSeq === 0).length;
      const records = report.runs.reduce((sum, run) => sum + run.records, 0);
      terminal.out(`${bad.length === 0 ? 'good' : `${bad.length} bad`}: ${report.runs.length} runs, ${records} records, ${report.contentCount} pieces of content${unsigned === 0 ? '' : `, ${unsigned} runs without a good signature`}\n`);
    }
    return report.ok ? EXIT.ok : EXIT.failed;
  });
}

function faultText({ run, fault, content, unknownKeys }: RunReport): string {
  const lines = [`run ${run}`];
  if (fault !== null) lines.push(`  record ${fault.seq}: ${fault.reason}: ${fault.message}`);
  for (const { hash, reason } of content) lines.push(`  content ${hash} is ${reason}`);
  for (const key of unknownKeys) lines.push(`  signed with the key ${key}, which is not known here`);
  return `${lines.join('\n')}\n`;
}
