/** `rtfs fmt`: programs in the standard layout, in place or from input to output. */
import { writeFileSync } from 'node:fs';
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import { format } from '../parser/format.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { findFiles } from './files.ts';
import type { FormatOptions } from './invocation.ts';
import { report } from './report.ts';
import { originOf, reasonOf, Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function formatCommand(options: FormatOptions, terminal: Terminal): Promise<ExitCode> {
  const sources = new Sources();
  const { files, problems } = findFiles(options.operands);
  const unreadable = [...problems];
  const invalid: Diagnostic[] = [];
  let unformatted = false;
  for (const file of files) {
    const source = await sources.read(originOf(file));
    if (!source.ok) {
      unreadable.push(source.error);
      continue;
    }
    const { text } = source.value;
    const formatted = format(text, source.value.file);
    if ('diagnostics' in formatted) invalid.push(...formatted.diagnostics);
    else if (file === '-' && !options.check) terminal.out(formatted.text);
    else if (formatted.text !== text) {
      unformatted = true;
      if (options.check) terminal.out(`${source.value.file}\n`);
      else unreadable.push(...write(file, formatted.text));
    }
  }
  report(terminal, [...invalid, ...unreadable], sources.lookup);
  if (unreadable.length > 0) return EXIT.usage;
  if (invalid.length > 0) return EXIT.invalid;
  return options.check && unformatted ? EXIT.failed : EXIT.ok;
}

function write(file: string, text: string): Diagnostic[] {
  try {
    writeFileSync(file, text);
    return [];
  } catch (cause) {
    return [diagnostic('E0501', `cannot write ${file}: ${reasonOf(cause)}`, null)];
  }
}
