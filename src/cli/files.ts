/** The files that operands stand for: a directory is all `.rtfs` files below it. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import { reasonOf } from './source.ts';

export interface Found {
  readonly files: readonly string[];
  /** What could not be looked into. */
  readonly problems: readonly Diagnostic[];
}

/** In the order of the operands, within a directory by name; each file once. Hidden directories and `node_modules` are left out. */
export function findFiles(operands: readonly string[]): Found {
  const files = new Set<string>();
  const problems: Diagnostic[] = [];
  for (const operand of operands) {
    if (operand === '-' || !isDirectory(operand)) files.add(operand);
    else walk(operand, files, problems);
  }
  return { files: [...files], problems };
}

/** What cannot be looked at counts as a file: reading it says what is wrong. */
function isDirectory(operand: string): boolean {
  try {
    return statSync(operand).isDirectory();
  } catch {
    return false;
  }
}

function walk(directory: string, files: Set<string>, problems: Diagnostic[]): void {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    problems.push(diagnostic('E0501', `cannot read ${directory}: ${reasonOf(cause)}`, null));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') walk(name, files, problems);
    } else if (entry.name.endsWith('.rtfs')) files.add(name);
  }
}
