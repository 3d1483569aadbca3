/** `rtfs ctx tree`: the contexts of a run, from the stream of its events. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostic/json.ts';
import { readStream } from './context-tree/read.ts';
import { treeJson, treeText } from './context-tree/show.ts';
import { contextTree } from './context-tree/tree.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { ContextTreeOptions } from './invocation.ts';
import { report } from './report.ts';
import { Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function contextTreeCommand(options: ContextTreeOptions, terminal: Terminal): Promise<ExitCode> {
  const sources = new Sources();
  const source = await sources.read(options.origin);
  const stream = source.ok ? readStream(source.value) : { ok: false as const, error: [source.error] };
  if (!stream.ok) {
    refuse(stream.error, options, sources, terminal);
    return EXIT.usage;
  }
  const root = contextTree(stream.value);
  terminal.out(options.json ? `${treeJson(root, stream.value.status)}\n` : treeText(root));
  return EXIT.ok;
}

function refuse(problems: readonly Diagnostic[], options: ContextTreeOptions, sources: Sources, terminal: Terminal): void {
  if (options.json) terminal.out(`${JSON.stringify({ status: null, contexts: null, diagnostics: diagnosticsToJson(problems, sources.lookup) })}\n`);
  else report(terminal, problems, sources.lookup);
}
