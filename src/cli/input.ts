/** `--input`: a file of data as one value. */
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { readValue } from '../parser/datum.ts';
import { parseJson } from '../value/json-read.ts';
import type { Value } from '../value/value.ts';
import { originOf, type Sources } from './source.ts';

/** RTFS data by the name of the file, JSON otherwise. */
export async function readInput(operand: string, sources: Sources): Promise<Result<Value, readonly Diagnostic[]>> {
  const source = await sources.read(originOf(operand));
  if (!source.ok) return { ok: false, error: [source.error] };
  const { file, text } = source.value;
  if (['.rtfs', '.edn'].includes(path.extname(operand))) return readValue(text, file);
  const value = parseJson(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (value.ok) return value;
  const { message, offset } = value.error;
  return { ok: false, error: [diagnostic('E0503', `the input is not JSON: ${message}`, { file, start: offset, end: Math.min(text.length, offset + 1) })] };
}
