/**
 * The quick way through a text: one pass over its characters that drives the `FormBuilder` as the grammar does, without
 * tokens. It stops at the first thing that it does not know to be right; what such a text means, and what to say about
 * it, only the grammar knows.
 */
import { endsWord, hashCommentEnd, isBlank, lineEnd, stringEnd } from './characters.ts';
import type { FormBuilder } from './read-builder.ts';
import { specialFloat } from './read-dispatch.ts';

/** How many words, brackets and shorthands the text has, all of which `builder` was given; -1 when something may be wrong with it. */
export function scan(text: string, builder: FormBuilder): number {
  const { length } = text;
  let count = 0;
  let at = 0;
  while (at < length && builder.sound) {
    const code = text.charCodeAt(at);
    count++;
    switch (code) {
      case 0x20: // space
      case 0x0a: // line feed
        at++;
        count--;
        break;
      case 0x28: // (
        builder.open('list', at, ++at);
        break;
      case 0x29: // )
        builder.close(')', ++at);
        break;
      case 0x5b: // [
        builder.open('vector', at, ++at);
        break;
      case 0x5d: // ]
        builder.close(']', ++at);
        break;
      case 0x7b: // {
        builder.open('map', at, ++at);
        break;
      case 0x7d: // }
        builder.close('}', ++at);
        break;
      case 0x22: // "
        at = scanString(text, at, builder);
        break;
      case 0x3b: // ;
        at = lineEnd(text, at);
        count--;
        break;
      case 0x27: // '
        builder.prefix('quote', at, ++at);
        break;
      case 0x60: // `
        builder.prefix('quasiquote', at, ++at);
        break;
      case 0x7e: // ~
        if (text.charCodeAt(at + 1) === 0x40) builder.prefix('unquote-splicing', at, (at += 2));
        else builder.prefix('unquote', at, ++at);
        break;
      case 0x40: // @
        builder.prefix('at', at, ++at);
        break;
      case 0x5e: // ^
        builder.prefix('meta', at, ++at);
        break;
      case 0x23: { // #
        const comment = hashCommentEnd(text, at);
        at = comment >= 0 ? comment : scanDispatch(text, at, builder);
        if (comment >= 0) count--;
        break;
      }
      case 0x5c: // \
        return -1;
      default:
        if (isBlank(code)) {
          at++;
          count--;
        } else at = scanWord(text, at, builder);
    }
    if (at < 0) return -1;
  }
  return builder.sound ? count : -1;
}

// Each of these answers where it goes on, or -1 when something is wrong.

function scanWord(text: string, start: number, builder: FormBuilder): number {
  let end = start + 1;
  while (end < text.length && !endsWord(text.charCodeAt(end))) end++;
  builder.wordAt(text, start, end);
  return end;
}

function scanString(text: string, start: number, builder: FormBuilder): number {
  const end = stringEnd(text, start);
  if (end >= 0) builder.string(text.slice(start, end), start);
  return end;
}

function scanDispatch(text: string, start: number, builder: FormBuilder): number {
  const end = start + 2;
  switch (text.charCodeAt(start + 1)) {
    case 0x28: // (
      builder.open('fn', start, end);
      return end;
    case 0x7b: // {
      builder.open('set', start, end);
      return end;
    case 0x5f: // _
      builder.prefix('discard', start, end);
      return end;
    case 0x23: // #
      return scanSpecial(text, start, builder);
    default:
      return -1;
  }
}

function scanSpecial(text: string, start: number, builder: FormBuilder): number {
  let end = start + 2;
  while (end < text.length && !endsWord(text.charCodeAt(end))) end++;
  const value = specialFloat(text.slice(start, end));
  if (value === null) return -1;
  builder.atom(value, start, end);
  return end;
}
