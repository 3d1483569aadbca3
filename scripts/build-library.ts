/** Writes src/library/image.ts and docs.ts from stdlib/*.rtfs. Fails when the library has an error. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderDiagnostics } from '../src/diagnostic/render.ts';
import { primitiveTable } from '../src/evaluator/primitives/all.ts';
import { createRe2Engine } from '../src/evaluator/primitives/re2.ts';
import { buildLibrary } from '../src/host/library-build.ts';

const root = process.argv[2] ?? '.';
const folder = join(root, 'stdlib');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.rtfs'))
  .sort()
  .map((name) => ({ file: `stdlib/${name}`, text: readFileSync(join(folder, name), 'utf8') }));
const { image, docs, diagnostics } = buildLibrary(sources, primitiveTable(createRe2Engine()));
const groups = new Map(sources.flatMap((source) => [...groupsIn(source.text)]));
const grouped = docs.map((doc) => ({ ...doc, group: groups.get(groupKey(doc.name, doc.kind === 'special form')) ?? '' }));
const errors = diagnostics.filter((one) => one.severity === 'error');
if (diagnostics.length > 0) {
  process.stderr.write(`${renderDiagnostics(diagnostics, (file) => sources.find((source) => source.file === file)?.text ?? null)}\n`);
}
if (errors.length > 0) process.exitCode = 1;
else {
  const head = '// Made by scripts/build-library.ts from stdlib/*.rtfs. Do not edit.\n';
  writeFileSync(join(root, 'src/library/image.ts'), `${head}export const IMAGE_TEXT: string = ${JSON.stringify(JSON.stringify(image))};\n`);
  writeFileSync(join(root, 'src/library/docs.ts'), `${head}export const DOCS_TEXT: string = ${JSON.stringify(JSON.stringify(grouped))};\n`);
}

/** The heading that each name stands under: the last `;; # Title` before it, else the first sentence of the file. */
function groupsIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let group = /^;; ([^#][^.:]*)/.exec(text)?.[1] ?? '';
  for (const line of text.split('\n')) {
    group = /^;; # ([^:]*)/.exec(line)?.[1] ?? group;
    const [, head, name] = /^\((def[a-z-]*) (\S+)/.exec(line) ?? [];
    if (name !== undefined) found.set(groupKey(name, head === 'defspecial'), group);
  }
  return found;
}

/** A function and a special form may share a name. */
function groupKey(name: string, isSpecial: boolean): string {
  return isSpecial ? `(${name})` : name;
}
