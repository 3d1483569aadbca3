/** The project's own files as the house tests see them: text, syntax tree, imports. Each is read once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Made by the build, not by hand. */
export const GENERATED: ReadonlySet<string> = new Set(['src/library/image.ts', 'src/library/docs.ts']);

/** Their code is a pure function of what it is given. */
export const PURE_ROOMS: readonly string[] = ['value', 'diagnostic', 'ir', 'parser', 'check', 'evaluator'];

export interface Import {
  /** A path from the root (`src/value/value.ts`), a package (`chevrotain`) or a module of node (`node:fs`). */
  readonly target: string;
  readonly kind: 'file' | 'package' | 'node';
  /** Gone when the types are stripped. */
  readonly typeOnly: boolean;
  /** Loaded when that place is reached. */
  readonly lazy: boolean;
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Paths from the root of all files below the folders, in order; without what is installed or made. */
export function filesIn(folders: readonly string[], endings: readonly string[]): readonly string[] {
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.split('/').includes('node_modules'))
    .sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const parsed = new Map<string, SourceFile>();

export function sourceFile(path: string): SourceFile {
  let file = parsed.get(path);
  if (file === undefined) {
    const text = readText(path);
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    file = { path, text, tree, imports: importsOf(path, tree) };
    parsed.set(path, file);
  }
  return file;
}

/** All TypeScript below the folders, parsed. */
export function sourceFiles(folders: readonly string[]): readonly SourceFile[] {
  return filesIn(folders, ['.ts', '.mjs']).map(sourceFile);
}

/** The first folder below `src`, or `policies`; for a file directly in `src` its own path. */
export function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'policies') return 'policies';
  return parts[0] === 'src' && parts.length > 2 ? parts[1]! : path;
}

function importsOf(path: string, tree: ts.SourceFile): readonly Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Expression, typeOnly: boolean, lazy = false): void => {
    if (ts.isStringLiteralLike(specifier)) imports.push({ ...resolve(path, specifier.text), typeOnly, lazy });
  };
  forEachNode(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node.moduleSpecifier, isTypeOnlyExport(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]!, false, true);
  });
  return imports;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  if (clause.name !== undefined || names === undefined || !ts.isNamedImports(names)) return false;
  return names.elements.every((element) => element.isTypeOnly);
}

function isTypeOnlyExport(node: ts.ExportDeclaration): boolean {
  const names = node.exportClause;
  return node.isTypeOnly || (names !== undefined && ts.isNamedExports(names) && names.elements.every((element) => element.isTypeOnly));
}

function resolve(from: string, specifier: string): Pick<Import, 'target' | 'kind'> {
  if (specifier.startsWith('.')) return { target: normalize(join(dirname(from), specifier)).replaceAll('\\', '/'), kind: 'file' };
  if (specifier.startsWith('node:')) return { target: specifier, kind: 'node' };
  const parts = specifier.split('/');
  return { target: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!, kind: 'package' };
}

/** Every node of the tree, outer ones first. */
export function forEachNode(root: ts.Node, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(root);
}

/** `path:line` of a node. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${lineOf(file, node.getStart(file.tree))}`;
}

/** 1-based. */
export function lineOf(file: SourceFile, offset: number): number {
  return file.tree.getLineAndCharacterOfPosition(offset).line + 1;
}

/** The groups of nodes that reach each other; single ones left out. */
export function cycles(nodes: Iterable<string>, next: (node: string) => Iterable<string>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    open.push(node);
    for (const other of next(node)) {
      if (!index.has(other)) visit(other);
      if (open.includes(other)) low.set(node, Math.min(low.get(node)!, low.get(other)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = open.splice(open.indexOf(node));
    if (group.length > 1) found.push(group.sort());
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return found.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}
