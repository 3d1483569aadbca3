/** What Tab offers at the end of a line. */

/** The word that is being written: what stands after the last character that ends words. */
function wordAtEnd(line: string): string {
  return /[^\s()[\]{}"'`~@^,;]*$/.exec(line)![0];
}

/** In the form that readline wants: the candidates that go on from the word, and the word. */
export function completions(line: string, candidates: Iterable<string>): [string[], string] {
  const word = wordAtEnd(line);
  if (word === '') return [[], word];
  const fitting = new Set<string>();
  for (const candidate of candidates) if (candidate.startsWith(word)) fitting.add(candidate);
  return [[...fitting].sort(), word];
}
