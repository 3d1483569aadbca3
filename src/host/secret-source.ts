/** Where the texts of secrets come from: variables of the environment, and a file that only its owner may read. */
import { open } from 'node:fs/promises';
import { parseJson } from '../value/json-read.ts';
import { MapValue } from '../value/map.ts';
import { HostFailure, systemCode } from './failure.ts';
import type { Environment } from './port.ts';
import { type SecretSource, secretVariable } from './security/secret.ts';

export function environmentSecrets(environment: Environment): SecretSource {
  return async (name) => environment(secretVariable(name)) ?? null;
}

/** The first that has it counts. */
export function firstOf(...sources: readonly SecretSource[]): SecretSource {
  return async (name) => {
    for (const source of sources) {
      const text = await source(name);
      if (text !== null) return text;
    }
    return null;
  };
}

/** Bits that let others in. */
const OTHERS = 0o077;

/**
 * A JSON object from name to text. The file is read for each call, so a secret can be changed while a plan runs. One that others may
 * read is refused, with everything in it.
 */
export function fileSecrets(file: string): SecretSource {
  return async (name) => {
    const value = parseJson(await readPrivate(file));
    // What the parser says could hold a piece of a secret.
    if (!value.ok || !(value.value instanceof MapValue)) throw new HostFailure('host', `The secrets file ${file} is not a JSON object`);
    const text = value.value.get(name);
    if (text === undefined) return null;
    if (typeof text !== 'string') throw new HostFailure('host', `The secret ${name} in ${file} is not a string`);
    return text;
  };
}

async function readPrivate(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw new HostFailure('host', `Others may read the secrets file ${file} (chmod 600 ${file})`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof HostFailure) throw cause;
    throw new HostFailure('host', `Cannot read the secrets file ${file} (${systemCode(cause) ?? 'the system refused'})`);
  }
}
