/**
 * Where programs and data come from: files, standard input, text on the command line, modules beside a file.
 * Everything that was read is kept by name, so that messages can show its lines.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../diagnostic/position.ts';
import type { Source } from '../host/compile.ts';
import { decodeText } from '../host/text.ts';

/** What a command is about. */
export type Origin =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'text'; readonly text: string };

const STDIN_NAME = '<stdin>';
const TEXT_NAME = '<expression>';

/** `-` is standard input. */
export function originOf(operand: string): Origin {
  return operand === '-' ? { kind: 'stdin' } : { kind: 'file', path: operand };
}

export class Sources {
  private readonly texts = new Map<string, string>();
  /** Directories in which modules are looked for after that of the importing file. */
  private readonly paths: readonly string[];

  constructor(paths: readonly string[] = []) {
    this.paths = paths;
  }

  readonly lookup: SourceLookup = (file) => this.texts.get(file) ?? null;

  remember(file: string, text: string): Source {
    this.texts.set(file, text);
    return { file, text };
  }

  async read(origin: Origin): Promise<Result<Source, Diagnostic>> {
    switch (origin.kind) {
      case 'text':
        return { ok: true, value: this.remember(TEXT_NAME, origin.text) };
      case 'stdin': {
        const text = await readStdin();
        return text.ok ? { ok: true, value: this.remember(STDIN_NAME, text.value) } : text;
      }
      case 'file':
        return this.readFile(origin.path);
    }
  }

  readFile(file: string): Result<Source, Diagnostic> {
    const text = readText(file);
    return text.ok ? { ok: true, value: this.remember(file, text.value) } : text;
  }

  /** `a.b` is `a/b.rtfs` beside the importing file, else in one of the paths. */
  readonly loadModule = (name: string, from: string): Source | null => {
    const segments = name.split('.');
    if (segments.some((segment) => segment === '' || /[/\\\0]/.test(segment))) return null;
    const relative = `${path.join(...segments)}.rtfs`;
    const beside = from.startsWith('<') ? '.' : path.dirname(from);
    for (const directory of [beside, ...this.paths]) {
      const source = this.readFile(path.join(directory, relative));
      if (source.ok) return source.value;
    }
    return null;
  };
}

/** The text of a file, which must be UTF-8. */
export function readText(file: string): Result<string, Diagnostic> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    return { ok: false, error: cannotRead(file, reasonOf(cause)) };
  }
  return decode(file, bytes);
}

async function readStdin(): Promise<Result<string, Diagnostic>> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  } catch (cause) {
    return { ok: false, error: cannotRead(STDIN_NAME, reasonOf(cause)) };
  }
  return decode(STDIN_NAME, Buffer.concat(chunks));
}

function decode(file: string, bytes: Buffer): Result<string, Diagnostic> {
  const text = decodeText(bytes, 'utf-8');
  return text.ok ? text : { ok: false, error: cannotRead(file, text.error) };
}

function cannotRead(file: string, reason: string): Diagnostic {
  return diagnostic('E0501', `cannot read ${file}: ${reason}`, null);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'part of the path is not a directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
};

/** What the system's refusal means, in words of ours. */
export function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  if (code === null) return 'the system refused';
  return REASONS[code] ?? `the system refused (${code})`;
}
