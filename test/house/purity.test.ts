/** The pure rooms are functions of what they are given: no time, no chance, no place, nothing that is kept (M3, M4). */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { forEachNode, placeOf, PURE_ROOMS, type SourceFile, sourceFiles } from './source.ts';

const files = sourceFiles(PURE_ROOMS.map((room) => `src/${room}`));

/** Names of the engine that differ between engines, places or moments, and what is used instead. */
const BANNED_NAMES: Readonly<Record<string, string>> = {
  Date: 'src/value/time.ts computes dates; the present comes from a call',
  Intl: 'nothing depends on a place',
  Promise: 'the machine stops and is resumed',
  WeakRef: 'nothing depends on the collector',
  FinalizationRegistry: 'nothing depends on the collector',
  performance: 'limits are counted, not timed',
  setTimeout: 'the machine stops and is resumed',
  queueMicrotask: 'the machine stops and is resumed',
  globalThis: 'everything is an argument',
  process: 'everything is an argument',
  crypto: 'chance comes from a call; hashes from src/value/sha256.ts',
  fetch: 'effects are calls',
  console: 'effects are calls',
  eval: 'no text of a program becomes code of the engine',
  Function: 'no text of a program becomes code of the engine',
};

/** Engines agree on these to the last bit; of the others each has its own. */
const EXACT_MATH: ReadonlySet<string> = new Set(['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc']);

const BANNED_METHODS: ReadonlySet<string> = new Set(['localeCompare', 'toLocaleString', 'toLocaleUpperCase', 'toLocaleLowerCase', 'normalize', 'then']);

function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return !ts.isPropertyAssignment(parent) && !ts.isPropertySignature(parent) && !ts.isPropertyDeclaration(parent) && !ts.isMethodDeclaration(parent) && !ts.isTypeReferenceNode(parent);
}

function impurities(file: SourceFile): string[] {
  const found: string[] = [];
  const say = (node: ts.Node, what: string): void => void found.push(`${placeOf(file, node)}: ${what}`);
  forEachNode(file.tree, (node) => {
    if (ts.isIdentifier(node) && Object.hasOwn(BANNED_NAMES, node.text) && isName(node)) say(node, `${node.text} (${BANNED_NAMES[node.text]})`);
    if (ts.isPropertyAccessExpression(node)) {
      if (node.expression.getText(file.tree) === 'Math' && /^[a-z]/.test(node.name.text) && !EXACT_MATH.has(node.name.text)) say(node, `Math.${node.name.text} (src/value/power.ts)`);
      if (BANNED_METHODS.has(node.name.text)) say(node, `.${node.name.text}`);
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken && !isConstant(node)) say(node, '** of floats (src/value/power.ts)');
    if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) say(node, 'a function that waits');
  });
  return found;
}

/** Of literals, or of big integers, which every engine raises alike. */
function isConstant({ left, right }: ts.BinaryExpression): boolean {
  const literal = (node: ts.Expression): boolean => ts.isNumericLiteral(node) || ts.isBigIntLiteral(node) || (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand)) || (ts.isParenthesizedExpression(node) && literal(node.expression));
  const big = (node: ts.Expression): boolean => ts.isBigIntLiteral(node) || (ts.isCallExpression(node) && node.expression.getText() === 'BigInt');
  return (literal(left) && literal(right)) || big(left) || big(right);
}

test('nothing in the pure rooms depends on time, chance, place or the engine', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap(impurities)).toEqual([]);
});

/** Regular expressions of the engine read our own short words; a program's patterns go through the linear-time engine. */
const REGEX_ROOMS = /^src\/(parser|diagnostic)\//;
test('regular expressions of the engine stay out of the machine and of data', () => {
  const found = files.filter((file) => !REGEX_ROOMS.test(file.path)).flatMap((file) => {
    const places: string[] = [];
    forEachNode(file.tree, (node) => {
      if (ts.isRegularExpressionLiteral(node) || (ts.isIdentifier(node) && node.text === 'RegExp' && isName(node))) places.push(file.path);
    });
    return places;
  });
  expect([...new Set(found)]).toEqual([]);
});

/** What modules of the pure rooms keep, and why nobody can tell. Each must still be there. */
const KEPT: Readonly<Record<string, string>> = {
  'src/parser/tokens.ts scanning': 'the lexer is the same each time, and takes long to make',
  'src/parser/grammar.ts parser': 'so is the parser; between two readings it holds nothing',
  'src/value/value.ts internedKeywords': 'equal keywords are one object, which shows only in speed',
  'src/evaluator/chunks.ts NOTHING': 'empty and never written',
  'src/evaluator/fiber.ts NOTHING_NAMED': 'empty and never written',
  'src/evaluator/fiber.ts NOTHING_DEFINED': 'empty and never written',
  'src/evaluator/steps.ts knownBytes': 'computed from the collections that are its keys, which never change',
  'src/evaluator/tracking.ts tracked': 'computed from the code that is its key',
  'src/evaluator/operations.ts functionsOf': 'computed from the table of primitives that is its key',
};

test('modules of the pure rooms keep nothing', () => {
  const kept = files.flatMap((file) =>
    file.tree.statements.filter(ts.isVariableStatement).flatMap((statement) => {
      const variable = (statement.declarationList.flags & ts.NodeFlags.Const) === 0;
      return statement.declarationList.declarations.filter((one) => variable || isEmptyStore(one.initializer)).map((one) => `${file.path} ${one.name.getText(file.tree)}`);
    }),
  );
  expect(kept.sort()).toEqual(Object.keys(KEPT).sort());
});

/** A constant is a store when it starts empty: what would fill it is the program that runs. */
function isEmptyStore(initializer: ts.Expression | undefined): boolean {
  return initializer !== undefined && ts.isNewExpression(initializer) && /^(Weak)?(Map|Set)$/.test(initializer.expression.getText()) && (initializer.arguments ?? []).length === 0;
}
