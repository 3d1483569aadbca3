/** `rtfs doc`: what a name means. */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { compile } from '../host/compile.ts';
import { type DocEntry, entriesOf, entryText, libraryDocs, listText, programDocs } from './documentation.ts';
import { ARGUMENTS_VARIABLE, cliEnvironment, INPUT_VARIABLE } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { DocOptions } from './invocation.ts';
import { report } from './report.ts';
import { originOf, Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function docCommand(options: DocOptions, terminal: Terminal): Promise<ExitCode> {
  const sources = new Sources(options.modulePaths);
  const own = options.file === null ? null : await docsOfFile(options.file, sources);
  if (own !== null && 'problems' in own) {
    report(terminal, own.problems, sources.lookup);
    return own.code;
  }
  const docs = own === null ? libraryDocs() : own.docs;
  const wanted = options.names.length === 0 ? docs : options.names.flatMap((name) => entriesOf(docs, name));
  const unknown = options.names.filter((name) => entriesOf(docs, name).length === 0);
  if (options.json) terminal.out(`${JSON.stringify(wanted)}\n`);
  else if (options.names.length === 0) terminal.out(listText(docs, terminal.columns));
  else terminal.out(wanted.map((entry) => entryText(entry, docs)).join('\n'));
  report(terminal, unknown.map((name) => unknownName(name, docs)), sources.lookup);
  return unknown.length > 0 ? EXIT.usage : EXIT.ok;
}

type FileDocs = { readonly docs: readonly DocEntry[] } | { readonly problems: readonly Diagnostic[]; readonly code: ExitCode };

async function docsOfFile(file: string, sources: Sources): Promise<FileDocs> {
  const source = await sources.read(originOf(file));
  if (!source.ok) return { problems: [source.error], code: EXIT.usage };
  const options = { loadModule: sources.loadModule, variables: [INPUT_VARIABLE, ARGUMENTS_VARIABLE] };
  const { program, diagnostics } = compile(cliEnvironment(), source.value, options);
  return program === null ? { problems: diagnostics, code: EXIT.invalid } : { docs: programDocs(program.namespace) };
}

function unknownName(name: string, docs: readonly DocEntry[]): Diagnostic {
  const meant = suggest(name, docs.map((entry) => entry.name));
  const help = meant.length > 0 ? `did you mean ${meant.map((one) => `\`${one}\``).join(' or ')}?` : '`rtfs doc` lists all names';
  return diagnostic('E0502', `nothing is known about \`${name}\``, null, { help: [help] });
}
