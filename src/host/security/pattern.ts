/**
 * Patterns over names. Two kinds, both linear in the text and without an engine's regular expressions:
 * - of *ids* of capabilities: an id (`fs.read`), a family (`fs.`: all ids that begin so) or `*`. Two of them never overlap
 *   without one containing the other, so what two lists have in common is a list again.
 * - *globs*: `*` stands for any characters, none included; everything else for itself.
 */

/** Whether the pattern covers the id, or everything that another pattern covers. */
export function coversId(pattern: string, id: string): boolean {
  return pattern === '*' || pattern === id || (pattern.endsWith('.') && id.startsWith(pattern));
}

/** What both lists cover, in normal form. */
export function commonIds(a: readonly string[], b: readonly string[]): readonly string[] {
  return normalIds(a.flatMap((one) => b.flatMap((other) => (coversId(one, other) ? [other] : coversId(other, one) ? [one] : []))));
}

/** Sorted, each once, without what another one covers. */
export function normalIds(patterns: readonly string[]): readonly string[] {
  const each = [...new Set(patterns)];
  return each.filter((one) => !each.some((other) => other !== one && coversId(other, one))).sort();
}

/** Whether the id is covered, or is of the shape of a glob (`*.delete`): what denies may be said in both ways. */
export function deniesId(pattern: string, id: string): boolean {
  return coversId(pattern, id) || (pattern.includes('*') && matchesGlob(pattern, id));
}

/** Whether the whole text is of the glob's shape. */
export function matchesGlob(glob: string, text: string): boolean {
  const [first, ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return text === glob;
  if (!text.startsWith(first!) || text.length < first!.length + last.length || !text.endsWith(last)) return false;
  let at = first!.length;
  const end = text.length - last.length;
  // The leftmost place of each piece leaves the most room for the next one.
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
