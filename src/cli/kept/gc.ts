/** `rtfs gc`: removes what no run of a store needs any more; with `--ended`, also runs that ended long ago. */
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { isStillCalledBack } from '../../host/durable/callback.ts';
import { CONTENT_RULES } from '../../host/durable/content-rules.ts';
import { collectGarbage } from '../../host/journal/gc.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { CollectOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { timeOf } from './log.ts';
import { refuse } from './refuse.ts';
import { withStore } from './with-store.ts';

export async function collectCommand(options: CollectOptions, terminal: Terminal): Promise<ExitCode> {
  const before = options.endedBefore === null ? null : timeOf(options.endedBefore, Date.now());
  if (before === undefined) {
    const problem = diagnostic('E0502', `--ended-before cannot be ${options.endedBefore ?? ''}`, null, { help: ['a time: 2026-01-31; or how long ago: 12h, 30d'] });
    return refuse([problem], { json: options.json ? 'document' : 'none' }, terminal);
  }
  if (options.restate !== null) return (await import('../engine/gc.ts')).collectEngine(options.restate, options, before, terminal);
  return withStore(options, { json: options.json, terminal }, async ({ keeping: { store } }) => {
    const old = before === null ? [] : (await store.runs({ status: ['complete', 'failed', 'cancelled'] })).filter((row) => row.updatedMs < before);
    const going = await Promise.all(old.map((row) => isStillCalledBack(store, row.id)));
    const over = old.filter((_, index) => !going[index]);
    for (const row of over) await store.remove(row.id);
    const { kept, removed, removedBytes } = await collectGarbage(store, CONTENT_RULES);
    const report = { runsRemoved: over.length, contentRemoved: removed, contentKept: kept, bytesRemoved: removedBytes };
    terminal.out(options.json ? `${JSON.stringify(report)}\n` : `removed ${over.length} runs, ${removed} pieces of content (${removedBytes} bytes); ${kept} are needed\n`);
    return EXIT.ok;
  });
}
