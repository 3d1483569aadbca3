/** What every file of the project keeps to, and files and names that nobody needs. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { forEachNode, GENERATED, placeOf, readText, ROOT, type SourceFile, sourceFile, sourceFiles } from './source.ts';

const source = sourceFiles(['src', 'bin']);
const everything = sourceFiles(['src', 'bin', 'scripts', 'test', 'bench']);

/** All files under version control; where there is none, as in an archive, those of the folders. */
function trackedFiles(): readonly string[] {
  if (!existsSync(join(ROOT, '.git'))) return everything.map((file) => file.path).filter((path) => !GENERATED.has(path));
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

describe('exports', () => {
  test('are named one by one', () => {
    const found = everything.flatMap((file) => file.tree.statements.filter((one) => (ts.isExportDeclaration(one) && (one.exportClause === undefined || ts.isNamespaceExport(one.exportClause))) || ts.isExportAssignment(one) || isDefault(one)).map((one) => placeOf(file, one)));
    expect(found).toEqual([]);
  });

  test('that are no types are used somewhere else', () => {
    const users = new Map<string, Set<string>>();
    for (const file of everything) for (const name of identifiersOf(file)) (users.get(name) ?? users.set(name, new Set()).get(name)!).add(file.path);
    const unused = source.filter((file) => !DOORS.has(file.path) && !GENERATED.has(file.path)).flatMap((file) => exportsOf(file).filter((name) => users.get(name)!.size < 2).map((name) => `${file.path} ${name}`));
    expect(unused).toEqual([]);
  });
});

/** What others import by name from outside of the project, or what the build starts from. */
const DOORS: ReadonlySet<string> = new Set([
  'src/index.ts', 'src/kernel.ts', 'src/primitives.ts', 'src/library.ts', 'src/values.ts', 'src/contexts.ts', 'src/chunks.ts',
  'src/host.ts', 'src/host/node.ts', 'src/protocol.ts', 'src/testing.ts', 'src/testing/arbitraries.ts', 'src/engine.ts', 'src/restate.ts', 'src/cli/main.ts', 'bin/rtfs.ts',
]);

function isDefault(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DefaultKeyword);
}

function isExported(node: ts.Statement): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
}

/** Types may be the shape of something that is used. */
function exportsOf(file: SourceFile): string[] {
  return file.tree.statements.filter(isExported).flatMap((one) => {
    if (ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one)) return [];
    if (ts.isVariableStatement(one)) return one.declarationList.declarations.map((declaration) => declaration.name.getText(file.tree));
    const { name } = one as ts.Statement & { readonly name?: ts.Identifier };
    return name === undefined ? [] : [name.text];
  });
}

function identifiersOf(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  forEachNode(file.tree, (node) => {
    if (ts.isIdentifier(node)) names.add(node.text);
  });
  return names;
}

test('every file of src is reached from a door, a script or the build', () => {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || !path.endsWith('.ts') || !existsSync(join(ROOT, path))) return;
    seen.add(path);
    for (const one of sourceFile(path).imports) if (one.kind === 'file') visit(one.target);
  };
  for (const door of [...DOORS, 'scripts/build-library.ts', 'scripts/write-code.ts']) visit(door);
  const unreached = source.map((file) => file.path).filter((path) => !seen.has(path));
  expect(unreached).toEqual([]);
});

describe('tracked files', () => {
  const texts = trackedFiles().filter((path) => !/\.(png|hex|gz)$/.test(path)).map((path) => [path, readText(path)] as const);
  const lines = (pattern: RegExp, except: RegExp = /^$/): string[] =>
    texts.filter(([path]) => !except.test(path)).flatMap(([path, text]) => text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.slice(0, 100)}`] : [])));

  test('are many', () => {
    expect(texts.length).toBeGreaterThan(300);
  });

  test('name no directory of the machine they were written on', () => {
    // Put together from pieces, so that this file does not name them either.
    expect(lines(new RegExp(['/ro' + 'ot/', '/Us' + 'ers/', '/wo' + 'rk/', '/t' + 'mp/[a-z]/'].join('|')))).toEqual([]);
  });

  test('name no address that packages are fetched from', () => {
    expect(lines(new RegExp(['registry' + '\\.', 'npm' + 'js', '"resol' + 'ved"'].join('|')), /registry\.ts/).filter((line) => !/registry\.ts'/.test(line))).toEqual([]);
  });

  test('have no conflict marks, tabs in source or blanks at the ends of lines of code', () => {
    expect(lines(/^(<{7}|>{7}|={7})( |$)/)).toEqual([]);
    expect(texts.filter(([path]) => /^(src|bin|scripts)\/.*\.(ts|mjs)$/.test(path)).flatMap(([path, text]) => (/[ \t]+$|\t/m.test(text) ? [path] : []))).toEqual([]);
  });

  test('end with a line break', () => {
    expect(texts.filter(([path, text]) => /\.(ts|mjs|md|json|rtfs)$/.test(path) && text !== '' && !text.endsWith('\n')).map(([path]) => path)).toEqual([]);
  });
});

test.each(['package-lock.json', 'test/engines/nodes/package-lock.json', 'test/engines/restate/package-lock.json'])('%s pins every package by what is in it', (path) => {
  const { packages } = JSON.parse(readText(path)) as { readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string; readonly link?: boolean }>> };
  const installed = Object.entries(packages).filter(([name]) => name !== '');
  expect(installed.length).toBeGreaterThan(0);
  expect(installed.filter(([, one]) => one.integrity === undefined || one.resolved !== undefined).map(([name]) => name)).toEqual([]);
});

test('what the package offers and runs is there', () => {
  const { bin, files, scripts } = JSON.parse(readText('package.json')) as { readonly bin: Readonly<Record<string, string>>; readonly files: readonly string[]; readonly scripts: Readonly<Record<string, string>> };
  expect(Object.values(bin)).toEqual(['dist/bin/rtfs.js']);
  expect(files.filter((path) => !path.startsWith('dist/') && !existsSync(join(ROOT, path)))).toEqual([]);
  expect(readText('.ci/run')).toContain('npm ci && npm test');
  for (const part of ['build', 'typecheck', 'lint']) expect(scripts['test']).toContain(`npm run ${part}`);
});
