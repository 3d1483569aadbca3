/** `rtfs serve`: the protocol on standard input and output, or over HTTP, until somebody ends it. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { version } from '../../package.json';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { systemCode } from '../host/failure.ts';
import { keyDirectory, KeyProblem, openKeys } from '../host/journal/keys.ts';
import type { Keys } from '../host/journal/signature.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../host/protocol/http.ts';
import { serveLines } from '../host/protocol/lines.ts';
import { createProtocol, type Protocol } from '../host/protocol/protocol.ts';
import { cliEnvironment } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { ListenOptions, ServeOptions } from './invocation.ts';
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
  const protocol = protocolOf(options);
  return protocol.ok ? listen({ ...options, port }, terminal, 'serves', (http) => serveHttp(protocol.value, http)) : protocol.error;
}

/** Until somebody asks for the end. The problem, when it cannot begin. */
export async function listen({ port, address, tokenFile }: ListenOptions, terminal: Terminal, does: string, open: (options: HttpOptions) => Promise<HttpService>): Promise<readonly Diagnostic[] | null> {
  const given = await givenToken(tokenFile);
  if (!given.ok) return [given.error];
  // Nothing that begins with a hyphen: it is given to clients as the value of an option.
  const token = given.value ?? randomBytes(TOKEN_BYTES).toString('hex');
  try {
    const service = await open({ port, token, ...(address === null ? {} : { address }) });
    const end = ended(); // whoever reads where it serves may end it at once
    terminal.out(`rtfs ${does} at ${service.url}\n${given.value === null ? `the token is ${token}\n` : ''}`);
    await end;
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
  const signing = signingKeys(keys);
  if (!signing.ok) return signing;
  return { ok: true, value: createProtocol({ environment: cliEnvironment(), keys: signing.value, server: { name: 'rtfs', version }, limits: limits.value }) };
}

/** Those in the directory; those of the user for null. */
export function signingKeys(directory: string | null): Result<Keys, readonly Diagnostic[]> {
  try {
    return { ok: true, value: openKeys(directory ?? keyDirectory(process.env)) };
  } catch (cause) {
    if (cause instanceof KeyProblem) return { ok: false, error: [diagnostic('E0503', cause.message, null)] };
    throw cause;
  }
}

/** Null when none was given. */
export async function givenToken(file: string | null): Promise<Result<string | null, Diagnostic>> {
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
