/** The capabilities that a project declares: the file that is named, or the one in the project's `.rtfs` directory. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { CapabilityFile } from '../host/manifest/read.ts';
import { originOf, Sources } from './source.ts';

const DIRECTORY = '.rtfs';
const NAMES = ['capabilities.json', 'capabilities.rtfs'];

/** Where new capabilities go. */
export const PROJECT_FILE: string = path.join(DIRECTORY, NAMES[0]!);

export interface Declared {
  readonly file: CapabilityFile;
  /** Null when nothing is declared. */
  readonly path: string | null;
}

/** `named` is what `--capabilities` says; null for nothing. */
export async function readDeclared(named: string | null, sources: Sources = new Sources()): Promise<Result<Declared, readonly Diagnostic[]>> {
  const found = named === null ? NAMES.map((name) => path.join(DIRECTORY, name)).filter((file) => existsSync(file)) : [named];
  if (found.length === 0) return NOTHING;
  if (found.length > 1) return { ok: false, error: [diagnostic('E0510', `there are two capabilities files: ${found.join(' and ')}`, null, { help: ['keep one of them'] })] };
  const source = await sources.read(originOf(found[0]!));
  if (!source.ok) return { ok: false, error: [source.error] };
  const { readCapabilities } = await import('../host/manifest/read.ts');
  const file = readCapabilities(source.value.text, found[0]!);
  return file.ok ? { ok: true, value: { file: file.value, path: found[0]! } } : file;
}

const NOTHING: Result<Declared, never> = { ok: true, value: { file: { manifests: [], servers: [], models: [] }, path: null } };
