/** Asking the server: its ingress, where services are called, and its admin interface. No package is needed for that. */
import { randomUUID } from 'node:crypto';

/** The server cannot be reached, or refuses. The message is for people; no full stop. */
export class RestateProblem extends Error {}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  /** Asked again for as long as the server cannot be reached, until this is aborted; null: asked once. */
  readonly patience: AbortSignal | null;
  /** Asking twice does it once. */
  readonly once?: boolean;
}

const RETRY_MS = 200;
/** Answers of a server that is there, and cannot do it now. */
const BUSY: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export function ask(url: string, asking: Asking): Promise<Uint8Array> {
  return askFor(url, asking, true);
}

async function askFor(url: string, asking: Asking, bytesWanted: boolean): Promise<Uint8Array> {
  const key = randomUUID();
  for (;;) {
    const given = await attempt(url, asking, key, bytesWanted);
    if (given instanceof Uint8Array) return given;
    if (!given.isPassing || asking.patience === null || asking.patience.aborted) throw new RestateProblem(given.message);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

export async function askJson(url: string, asking: Asking): Promise<unknown> {
  const text = new TextDecoder().decode(await askFor(url, asking, false));
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    throw new RestateProblem(`what ${url} answers is no JSON`);
  }
}

interface Refusal {
  readonly message: string;
  /** It may be otherwise soon. */
  readonly isPassing: boolean;
}

async function attempt(url: string, { method = 'POST', json, bytes, once = false }: Asking, key: string, bytesWanted: boolean): Promise<Uint8Array | Refusal> {
  const headers: Record<string, string> = { accept: bytesWanted ? 'application/octet-stream' : 'application/json' };
  if (json !== undefined) headers['content-type'] = 'application/json';
  if (bytes !== undefined) headers['content-type'] = 'application/octet-stream';
  if (once) headers['idempotency-key'] = key;
  const body = json === undefined ? (bytes as Uint8Array<ArrayBuffer> | undefined) : JSON.stringify(json);
  try {
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const given = new Uint8Array(await response.arrayBuffer());
    return response.ok ? given : { message: refusalText(url, response.status, given), isPassing: BUSY.has(response.status) };
  } catch {
    return { message: `the Restate server cannot be reached at ${new URL(url).origin}`, isPassing: true };
  }
}

function refusalText(url: string, status: number, given: Uint8Array): string {
  const text = new TextDecoder().decode(given);
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? '';
  const hint = status === 404 ? ' (is a worker registered there? `rtfs drive` does it)' : '';
  return `the Restate server refuses ${new URL(url).pathname}: ${status}${said === '' ? '' : ` ${said}`}${hint}`;
}
