/** What a door offers, as text: every name that it exports with its declaration, in the order of the names. Comments and what is private are no part of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export function declarationsOf(door: string): string {
  const printer = ts.createPrinter({ removeComments: true });
  const shown = exportsOf(door).map(({ name, file, original }) => {
    const found = find(file, original);
    const text = found.nodes.map((node) => printer.printNode(ts.EmitHint.Unspecified, withoutPrivate(node), found.tree)).join('\n');
    return { name, text };
  });
  return shown.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, text }) => `// ${name}\n${text}\n`).join('\n');
}

interface Exported {
  readonly name: string;
  readonly file: string;
  /** What it is called where it stands. */
  readonly original: string;
}

const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, strict: true, isolatedDeclarations: true, declaration: true, allowImportingTsExtensions: true, stripInternal: true };

const known = new Map<string, ts.SourceFile>();

/** The declarations of a file alone, as the compiler writes them. */
function declared(file: string): ts.SourceFile {
  let tree = known.get(file);
  if (tree === undefined) {
    const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), { fileName: file, compilerOptions: OPTIONS });
    tree = ts.createSourceFile(file, outputText, ts.ScriptTarget.ES2022, true);
    known.set(file, tree);
  }
  return tree;
}

/** What the file exports from others, and what it declares itself. */
function exportsOf(file: string): readonly Exported[] {
  return declared(file).statements.flatMap((statement): Exported[] => {
    if (!ts.isExportDeclaration(statement)) return isExported(statement) ? namesOf(statement).map((name) => ({ name, file, original: name })) : [];
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) return [];
    const from = statement.moduleSpecifier === undefined ? file : target(file, statement.moduleSpecifier);
    return statement.exportClause.elements.map((one) => ({ name: one.name.text, file: from, original: (one.propertyName ?? one.name).text }));
  });
}

function target(file: string, specifier: ts.Expression): string {
  return path.join(path.dirname(file), (specifier as ts.StringLiteral).text);
}

function find(file: string, name: string): { readonly nodes: readonly ts.Statement[]; readonly tree: ts.SourceFile } {
  const tree = declared(file);
  const nodes = tree.statements.filter((statement) => !ts.isExportDeclaration(statement) && namesOf(statement).includes(name));
  if (nodes.length > 0) return { nodes, tree };
  const elsewhere = exportsOf(file).find((one) => one.name === name && one.file !== file);
  if (elsewhere === undefined) throw new Error(`${file} does not declare ${name}`);
  return find(elsewhere.file, elsewhere.original);
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((one) => one.name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

function withoutPrivate(node: ts.Statement): ts.Statement {
  if (!ts.isClassDeclaration(node)) return node;
  const isPrivate = (member: ts.ClassElement): boolean => (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;
  const { modifiers, name, typeParameters, heritageClauses, members } = node;
  return ts.factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members.filter((member) => !isPrivate(member)));
}
