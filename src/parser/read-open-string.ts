/**
 * A string that nobody closed turns the text inside out: from there on, code is taken for strings and strings for code,
 * and only the last quote of the file stays without a partner. The string that runs over the start of a top-level form
 * is where it went wrong; it is ended with its line, and the text is read on from there.
 */
import { sharedScanning, type Token, tokenize } from './tokens.ts';

/** A line break and an opening bracket in the first column. */
const RUNS_OVER_A_FORM = /[\n\r][([{]/;
/** So many strings that run over a form are suspected, the earliest first. */
const SUSPECTS_MAX = 8;

/** `tokens` ends with an unclosed string. Gives tokens where one ends earlier, if that explains the text better. */
export function endOpenString(tokens: Token[], text: string): Token[] {
  let suspects = 0;
  for (let i = 0; i < tokens.length && suspects < SUSPECTS_MAX; i++) {
    if (!runsOverAForm(tokens[i]!)) continue;
    suspects++;
    const ended = endWithItsLine(tokens, i, text);
    if (ended !== null) return ended;
  }
  return tokens;
}

function runsOverAForm({ tokenType, image }: Token): boolean {
  const { string, escapedString, openString } = sharedScanning().tokens;
  return (tokenType === string || tokenType === escapedString || tokenType === openString) && RUNS_OVER_A_FORM.test(image);
}

/** Null when there is still a string after it that ends nowhere, or in another form. */
function endWithItsLine(tokens: readonly Token[], index: number, text: string): Token[] | null {
  const { openString } = sharedScanning().tokens;
  const { image, startOffset } = tokens[index]!;
  const line = /^[^\n\r]*/.exec(image)![0];
  const from = startOffset + line.length;
  const rest = tokenize(text.slice(from));
  if (rest.at(-1)?.tokenType === openString || rest.some(runsOverAForm)) return null;
  for (const token of rest) token.startOffset += from;
  return [...tokens.slice(0, index), { image: line, startOffset, tokenType: openString, tokenTypeIdx: openString.tokenTypeIdx! }, ...rest];
}
