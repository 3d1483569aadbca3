/** `rtfs serve`: the protocol on standard input and output, or over HTTP, until somebody ends it. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { version } from '../../package.json';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { systemCode } from '../host/failure.ts';
import { keyDirectory, KeyProblem, openKeys } from '../host/journal/keys.ts';
import { serveHttp } from '../host/protocol/http.ts';
import { serveLines } from '../host/protocol/lines.ts';
import { createProtocol, type Protocol } from '../host/protocol/protocol.ts';
import { cliEnvironment } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { ServeOptions } from './invocation.ts';
import { parseLimits } from './limit.ts';
import { report } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function serveCommand(options: ServeOptions, terminal: Terminal): Promise<ExitCode> {
  const problem = options.port === null ? await serveStreams(options) : await servePort(options, options.port, terminal);
  if (problem === null) return EXIT.ok;
  report(terminal, problem, () => null);
  return EXIT.usage;
}

async function serveStreams(options: ServeOptions): Promise<readonly Diagnostic[] | null> {
  const protocol = protocolOf(options);
  if (!protocol.ok) return protocol.error;
  await serveLines(protocol.value, process.stdin, process.stdout);
  return null;
}

async function servePort(options: ServeOptions, port: number, terminal: Terminal): Promise<readonly Diagnostic[] | null> {
  const { address, tokenFile } = options;
  const protocol = protocolOf(options);
  if (!protocol.ok) return protocol.error;
  const given = await givenToken(tokenFile);
  if (!given.ok) return [given.error];
  const token = given.value ?? randomBytes(TOKEN_BYTES).toString('base64url');
  try {
    const service = await serveHttp(protocol.value, { port, token, ...(address === null ? {} : { address }) });
    terminal.out(`rtfs serves at ${service.url}\n${given.value === null ? `the token is ${token}\n` : ''}`);
    await ended();
    await service.close();
    return null;
  } catch (cause) {
    const code = systemCode(cause);
    if (code === null) throw cause;
    return [diagnostic('E0503', `cannot listen on port ${port}${address === null ? '' : ` of ${address}`} (${code})`, null, { help: ['choose another port; 0 takes one that is free'] })];
  }
}

const TOKEN_BYTES = 32;
const TOKEN_LENGTH_MIN = 16;

function protocolOf({ keys, limits: texts }: ServeOptions): Result<Protocol, readonly Diagnostic[]> {
  const limits = parseLimits(texts);
  if (!limits.ok) return limits;
  try {
    const signing = openKeys(keys ?? keyDirectory(process.env));
    return { ok: true, value: createProtocol({ environment: cliEnvironment(), keys: signing, server: { name: 'rtfs', version }, limits: limits.value }) };
  } catch (cause) {
    if (cause instanceof KeyProblem) return { ok: false, error: [diagnostic('E0503', cause.message, null)] };
    throw cause;
  }
}

/** Null when none was given. */
async function givenToken(file: string | null): Promise<Result<string | null, Diagnostic>> {
  const where = file === null ? 'RTFS_TOKEN' : `the file ${file}`;
  try {
    const token = (file === null ? process.env['RTFS_TOKEN'] : await readFile(file, 'utf8'))?.trim() ?? null;
    if (token === null || /^[\x21-\x7e]+$/.test(token) && token.length >= TOKEN_LENGTH_MIN) return { ok: true, value: token };
    return { ok: false, error: diagnostic('E0503', `the token in ${where} cannot be used`, null, { help: [`a token has ${TOKEN_LENGTH_MIN} or more characters of ASCII, and no blanks`] }) };
  } catch (cause) {
    return { ok: false, error: diagnostic('E0503', `cannot read ${where} (${systemCode(cause) ?? 'unknown'})`, null) };
  }
}

/** Resolves when somebody asks for the end. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
