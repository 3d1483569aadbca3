/**
 * Signing with Ed25519: heads of runs, and whatever else must not be forged by those who can write a store.
 *
 * What is signed begins with a domain, so that a signature of one thing is never one of another. Keys lie in a directory of their own, outside of
 * stores and of the reach of runs: `signing.pem` is the secret one of this user (mode 0600), `known/ID.pem` are public ones, also of others,
 * whose signatures are believed. Another host may have its keys elsewhere: all that is asked of it is a `Signer` and a `KnownKeys`.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Keys } from './signature.ts';

/** Why keys cannot be had; `message` is for people. */
export class KeyProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyProblem';
  }
}

const SECRET_FILE = 'signing.pem';
const KNOWN_DIRECTORY = 'known';
const ID_DIGITS = 16;

/** Of this user, by the environment: `RTFS_HOME/keys`, else `XDG_CONFIG_HOME/rtfs/keys`, else `.config/rtfs/keys` at home. */
export function keyDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { RTFS_HOME: own, XDG_CONFIG_HOME: config } = environment;
  if (own !== undefined && own !== '') return path.join(own, 'keys');
  return path.join(config !== undefined && config !== '' ? config : path.join(homedir(), '.config'), 'rtfs', 'keys');
}

/** The keys in the directory; the first use makes the secret one. Processes that start together get the same. Throws a `KeyProblem`. */
export function openKeys(directory: string): Keys {
  const secret = readSecret(directory) ?? makeSecret(directory);
  const own = createPublicKey(secret);
  const key = keyId(own);
  const known = new Map<string, KeyObject | null>([[key, own]]);
  return {
    key,
    sign: (domain, bytes) => new Uint8Array(sign(null, message(domain, bytes), secret)),
    verify: (id, domain, bytes, signature) => {
      let one = known.get(id);
      if (one === undefined) known.set(id, (one = readKnown(directory, id)));
      if (one === null) return 'unknown-key';
      return verify(null, message(domain, bytes), one, signature) ? 'good' : 'bad';
    },
  };
}

/** Ids of all keys in the directory whose signatures are believed. */
export function knownKeys(directory: string): readonly string[] {
  return readdirSync(path.join(directory, KNOWN_DIRECTORY)).filter((name) => name.endsWith('.pem')).map((name) => name.slice(0, -'.pem'.length)).sort();
}

function message(domain: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${domain}\0`), bytes]);
}

/** By content, so that nobody can choose one. */
function keyId(key: KeyObject): string {
  return createHash('sha256').update(key.export({ format: 'der', type: 'spki' })).digest('hex').slice(0, ID_DIGITS);
}

function readSecret(directory: string): KeyObject | null {
  const file = path.join(directory, SECRET_FILE);
  const text = readIfThere(file);
  return text === null ? null : parsed(file, () => createPrivateKey(text));
}

/**
 * The file is made whole under another name and then linked to its own, which fails when there is one: so nobody ever reads half a key, and
 * of several processes one makes it and the others take what it made.
 */
function makeSecret(directory: string): KeyObject {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const draft = path.join(directory, `.${randomUUID()}`);
  try {
    mkdirSync(path.join(directory, KNOWN_DIRECTORY), { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    // The public key first: a signature must never be there whose key is nowhere.
    writeFileSync(path.join(directory, KNOWN_DIRECTORY, `${keyId(publicKey)}.pem`), publicKey.export({ format: 'pem', type: 'spki' }));
    writeFileSync(draft, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true });
    linkSync(draft, path.join(directory, SECRET_FILE));
    return privateKey;
  } catch (problem) {
    if (codeOf(problem) !== 'EEXIST') throw new KeyProblem(`no key for signing can be made in ${directory} (${codeOf(problem)}): make the folder writable, or name another by RTFS_HOME`);
    rmSync(path.join(directory, KNOWN_DIRECTORY, `${keyId(publicKey)}.pem`), { force: true });
    const other = readSecret(directory);
    if (other === null) throw new KeyProblem(`the key in ${directory} was taken away while it was read: try again`);
    return other;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readKnown(directory: string, id: string): KeyObject | null {
  if (!isKeyId(id)) return null; // an id from a store must not name a file elsewhere
  const file = path.join(directory, KNOWN_DIRECTORY, `${id}.pem`);
  const text = readIfThere(file);
  if (text === null) return null;
  const key = parsed(file, () => createPublicKey(text));
  if (key.asymmetricKeyType !== 'ed25519' || keyId(key) !== id) throw new KeyProblem(`the key ${file} is another one than its name says: take it away`);
  return key;
}

function isKeyId(id: string): boolean {
  return id.length === ID_DIGITS && [...id].every((digit) => '0123456789abcdef'.includes(digit));
}

/** The text, or null when there is no such file. */
function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return null;
    throw new KeyProblem(`the key ${file} cannot be read (${codeOf(problem)}): look after its permissions`);
  }
}

function parsed(file: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw new KeyProblem(`the key ${file} is damaged: take a copy of it back, or take it away to get a new one (what the old one signed can then only be checked by its public key)`);
  }
}

function codeOf(problem: unknown): string {
  return problem instanceof Error && 'code' in problem && typeof problem.code === 'string' ? problem.code : 'unknown';
}
