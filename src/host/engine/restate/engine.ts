/** The engine as clients and workers see it: everything through the server's HTTP interface. */
import type { Result } from '../../../diagnostic/diagnostic.ts';
import type { Engine, EngineContent } from '../port.ts';
import { ask, askJson, RestateProblem } from './http.ts';
import { fromBase64, toBase64 } from './wire.ts';

/** Where a server is. */
export interface RestateAddress {
  /** `http://127.0.0.1:9070`. */
  readonly admin: string;
  /** `http://127.0.0.1:8080`. */
  readonly ingress: string;
}

/** Asks the server at its admin address where it takes calls, unless that is known. */
export async function restateAddress(admin: string, ingress: string | null): Promise<Result<RestateAddress, string>> {
  if (!URL.canParse(admin)) return { ok: false, error: `${admin} is no address (http://127.0.0.1:9070)` };
  try {
    const version = (await askJson(new URL('/version', admin).href, { method: 'GET', patience: null })) as { readonly ingress_endpoint?: string } | null;
    const found = ingress ?? version?.ingress_endpoint;
    if (found === undefined) return { ok: false, error: `there is no admin interface of a Restate server at ${admin}` };
    return { ok: true, value: { admin: trimmed(admin), ingress: trimmed(found) } };
  } catch (cause) {
    if (cause instanceof RestateProblem) return { ok: false, error: cause.message };
    throw cause;
  }
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Methods reject with a `RestateProblem` when the server cannot be reached or refuses. */
export function restateEngine(address: RestateAddress): Engine {
  const { ingress, admin } = address;
  const call = (service: string, key: string, handler: string, json: unknown): Promise<unknown> => askJson(place(ingress, service, key, handler), { json, patience: null, once: true });
  return {
    content: restateContent(ingress, null),
    names: {
      read: (name) => askJson(place(ingress, 'rtfs.name', name, 'get'), { patience: null }) as Promise<string | null>,
      write: async (name, text) => void (await call('rtfs.name', name, 'set', text)),
    },
    start: async (run, input, written) => {
      const texts = Object.fromEntries(Object.entries(written).map(([name, bytes]) => [name, toBase64(bytes)]));
      return (await call('rtfs.run', run, 'start', { input: toBase64(input), written: texts })) === true;
    },
    tell: async (run, message) => (await call('rtfs.run', run, 'tell', { bytes: toBase64(message) })) === true,
    read: async (run, name) => {
      const text = await askJson(place(ingress, 'rtfs.run', run, 'read'), { json: name, patience: null });
      return typeof text === 'string' ? fromBase64(text) : null;
    },
    remove: async (run) => void (await call('rtfs.run', run, 'remove', null)),
    runs: async () => {
      const query = "select service_key from state where service_name = 'rtfs.run' and key = 'begun'";
      const { rows = [] } = (await askJson(`${admin}/query`, { json: { query }, patience: null })) as { readonly rows?: readonly { readonly service_key: string }[] };
      return rows.map((row) => row.service_key);
    },
  };
}

function place(ingress: string, service: string, key: string, handler: string): string {
  return `${ingress}/${service}/${encodeURIComponent(key)}/${handler}`;
}

/** Pieces larger than this are stored in several. */
const PART_BYTES = 1024 ** 2;
const HEADER_BYTES = 4;
/** Names of content that this process knows to be there. */
const KNOWN_MAX = 10_000;

/** `patience`: the server is asked for as long as it cannot be reached; null: once. */
export function restateContent(ingress: string, patience: AbortSignal | null): EngineContent {
  const known = new Set<string>();
  const key = (hash: string, part: number): string => (part === 1 ? hash : `${hash}/${part}`);
  const get = (hash: string, part: number): Promise<Uint8Array> => ask(place(ingress, 'rtfs.content', key(hash, part), 'get'), { patience });
  const put = (hash: string, part: number, bytes: Uint8Array): Promise<Uint8Array> => ask(place(ingress, 'rtfs.content', key(hash, part), 'put'), { bytes, patience });
  return {
    read: async (hash) => {
      const head = await get(hash, 1);
      if (head.length === 0) return null;
      const parts = [head.subarray(HEADER_BYTES)];
      const count = new DataView(head.buffer, head.byteOffset).getUint32(0);
      for (let part = 2; part <= count; part++) parts.push(await get(hash, part));
      return joined(parts);
    },
    write: async (hash, bytes) => {
      if (known.has(hash)) return;
      const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
      const head = new Uint8Array(HEADER_BYTES + Math.min(bytes.length, PART_BYTES));
      new DataView(head.buffer).setUint32(0, count);
      head.set(bytes.subarray(0, PART_BYTES), HEADER_BYTES);
      // The first part is the last to be written: when it is there, all are.
      for (let part = count; part > 1; part--) await put(hash, part, bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES));
      await put(hash, 1, head);
      if (known.size >= KNOWN_MAX) known.clear();
      known.add(hash);
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
