/** A first, simple repair of brackets: closes what is open when a bracket does not fit. */
import type { IToken } from 'chevrotain';
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import { sharedScanning } from './tokens.ts';

const CLOSER: Record<string, string> = { '(': ')', '#(': ')', '[': ']', '{': '}', '#{': '}' };

export function repairBrackets(tokens: readonly IToken[], text: string, file: string): { tokens: IToken[]; diagnostics: Diagnostic[] } {
  const { mend, string, escapedString } = sharedScanning().tokens;
  const stack: IToken[] = [];
  const out: IToken[] = [];
  const diagnostics: Diagnostic[] = [];
  const span = (token: IToken) => ({ file, start: token.startOffset, end: token.startOffset + token.image.length });
  const mendAt = (offset: number): IToken => ({ image: '', startOffset: offset, tokenType: mend, tokenTypeIdx: mend.tokenTypeIdx! });
  for (const token of tokens) {
    const closes = token.image === ')' || token.image === ']' || token.image === '}';
    if (token.tokenType === string || token.tokenType === escapedString || (!closes && CLOSER[token.image] === undefined)) {
      out.push(token);
    } else if (!closes) {
      stack.push(token);
      out.push(token);
    } else if (!stack.some((open) => CLOSER[open.image] === token.image)) {
      diagnostics.push(diagnostic('E0104', `Unexpected closing bracket \`${token.image}\``, span(token)));
    } else {
      for (let open = stack.pop()!; CLOSER[open.image] !== token.image; open = stack.pop()!) {
        diagnostics.push(diagnostic('E0102', `This \`${open.image}\` is not closed`, span(open)));
        out.push(mendAt(token.startOffset));
      }
      out.push(token);
    }
  }
  for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
    diagnostics.push(diagnostic('E0102', `This \`${open.image}\` is not closed`, span(open)));
    out.push(mendAt(text.length));
  }
  return { tokens: out, diagnostics };
}
