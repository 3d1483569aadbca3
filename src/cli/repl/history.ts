/** The lines of earlier sessions, in a file. Whatever is wrong with that file, the prompt works without it. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export const HISTORY_MAX = 1_000;
const MODE = 0o600;

/** `$RTFS_HISTORY`, else `.rtfs_history` at home; null when the variable is set to nothing. */
export function historyFile(): string | null {
  const chosen = process.env['RTFS_HISTORY'];
  return chosen === undefined ? path.join(homedir(), '.rtfs_history') : chosen === '' ? null : chosen;
}

/** Newest first, as readline wants them. */
export function loadHistory(file: string | null): string[] {
  if (file === null) return [];
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
    if (lines.length > 2 * HISTORY_MAX) writeFileSync(file, `${lines.slice(-HISTORY_MAX).join('\n')}\n`, { mode: MODE });
    return lines.slice(-HISTORY_MAX).reverse();
  } catch {
    return [];
  }
}

export function appendHistory(file: string | null, line: string): void {
  if (file === null || line.trim() === '') return;
  try {
    appendFileSync(file, `${line}\n`, { mode: MODE });
  } catch {
    // The session goes on without.
  }
}
