/** What is written about names: the library's docs, those of a program, and how an entry is shown. */
import type { LibraryDoc } from '../host/library-build.ts';
import { DOCS_TEXT } from '../library/docs.ts';
import type { Namespace } from '../parser/namespace.ts';

export interface DocEntry extends LibraryDoc {
  /** The heading it stands under. */
  readonly group: string;
}

export function libraryDocs(): readonly DocEntry[] {
  return JSON.parse(DOCS_TEXT) as DocEntry[];
}

export function programDocs(namespace: Namespace): readonly DocEntry[] {
  return [...namespace.documentation.values()].map(({ name, kind, parameters, text }) => ({ name, kind, parameters, text: text ?? '', group: '' }));
}

/** All entries of a name: it may be a function and a special form. */
export function entriesOf(docs: readonly DocEntry[], name: string): readonly DocEntry[] {
  return docs.filter((entry) => entry.name === name).sort((a, b) => Number(isSpecial(b)) - Number(isSpecial(a)));
}

export function entryText(entry: DocEntry, docs: readonly DocEntry[]): string {
  if (entry.kind === 'alias') return aliasText(entry, docs);
  const shapes = entry.parameters.map((parameters) => `${call(entry.name, parameters)}\n`).join('');
  const heading = shapes === '' ? `${entry.name}\n` : shapes;
  const about = `  ${entry.kind === 'primitive' ? 'function' : entry.kind}${entry.group === '' ? '' : ` · ${entry.group}`}\n`;
  const text = entry.text === '' ? '  no description\n' : dedented(entry.text);
  return `${heading}${about}\n${text}`;
}

function aliasText(entry: DocEntry, docs: readonly DocEntry[]): string {
  const meant = entriesOf(docs, entry.text).map((target) => entryText(target, docs));
  return [`${entry.name} is another name of ${entry.text}\n`, ...meant].join('\n');
}

/** `(f a b)` of `f` and `[a b]`. */
function call(name: string, parameters: string): string {
  const inside = parameters.startsWith('[') && parameters.endsWith(']') ? parameters.slice(1, -1) : parameters;
  return inside === '' ? `(${name})` : `(${name} ${inside})`;
}

/** A docstring's lines below the first are indented as its author liked; here all stand below one another. */
function dedented(text: string): string {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  const filled = rest.filter((line) => line.trim() !== '');
  const indent = Math.min(...filled.map((line) => line.length - line.trimStart().length));
  const lines = [first, ...rest.map((line) => line.slice(Math.min(indent, line.length)).trimEnd())];
  return lines.map((line) => (line === '' ? '\n' : `  ${line}\n`)).join('');
}

/** Names by group, special forms first, in columns no wider than `width`. */
export function listText(docs: readonly DocEntry[], width: number): string {
  const groups = new Map<string, string[]>();
  for (const entry of [...docs.filter(isSpecial), ...docs.filter((one) => !isSpecial(one))]) {
    const title = `${entry.group}${isSpecial(entry) ? ' (special forms)' : ''}`;
    const names = groups.get(title);
    if (names === undefined) groups.set(title, [entry.name]);
    else if (!names.includes(entry.name)) names.push(entry.name);
  }
  return [...groups].map(([title, names]) => `${title === '' ? '' : `${title}\n`}${filled(names, width)}`).join('\n');
}

function isSpecial(entry: DocEntry): boolean {
  return entry.kind === 'special form';
}

function filled(names: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = ' ';
  for (const name of names) {
    if (line.length + 1 + name.length > width && line !== ' ') {
      lines.push(line);
      line = ' ';
    }
    line += ` ${name}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}
