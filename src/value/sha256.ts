/**
 * SHA-256 (FIPS 180-4) of bytes. Our own, and short: a kernel needs this one hash, of bytes that are all there, and
 * nothing else of a library of hashes.
 */

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime > 0)) primes.push(n);
  return primes;
}

/** The first 32 bits of the fractional parts of the square roots, or cube roots, of primes: of those a double has more than forty. */
function fractions(primes: readonly number[], isCube: boolean): Int32Array {
  return Int32Array.from(primes, (prime) => {
    let root = prime;
    // Newton's method, for which a few turns are enough.
    for (let turn = 0; turn < 50; turn++) root -= isCube ? (root - prime / (root * root)) / 3 : (root - prime / root) / 2;
    return (root % 1) * 2 ** 32;
  });
}

// Computed, because that is shorter than 72 numbers of which nobody sees whether they are right.
const PRIMES = firstPrimes(64);
const START: Int32Array = fractions(PRIMES.slice(0, 8), false);
const ROUNDS: Int32Array = fractions(PRIMES, true);

const BLOCK_BYTES = 64;
/** After the message: one byte, and the length in bits as a 64-bit number. */
const TAIL_BYTES = 9;

/** The 32 bytes of the hash. */
export function sha256(message: Uint8Array): Uint8Array {
  const state = Int32Array.from(START);
  const schedule = new Int32Array(BLOCK_BYTES);
  const whole = message.length - (message.length % BLOCK_BYTES);
  for (let at = 0; at < whole; at += BLOCK_BYTES) mix(state, schedule, message, at);
  const left = message.length - whole;
  const end = new Uint8Array(left + TAIL_BYTES > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES);
  end.set(message.subarray(whole));
  end[left] = 0x80;
  putWord(end, end.length - 8, Math.floor(message.length / 2 ** 29));
  putWord(end, end.length - 4, message.length << 3);
  for (let at = 0; at < end.length; at += BLOCK_BYTES) mix(state, schedule, end, at);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 8; i++) putWord(digest, 4 * i, state[i]!);
  return digest;
}

/** A word as four bytes, the highest first. */
function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

function rotate(word: number, bits: number): number {
  return (word << (32 - bits)) | (word >>> bits);
}

/** Takes the block of `bytes` that begins at `at` into the state. */
function mix(state: Int32Array, schedule: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0, byte = at; i < 16; i += 1, byte += 4) {
    schedule[i] = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const early = schedule[i - 15]!;
    const late = schedule[i - 2]!;
    const fromEarly = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const fromLate = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[i] = fromLate + schedule[i - 7]! + fromEarly + schedule[i - 16]!;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const chosen = (e & f) ^ (~e & g);
    const first = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + chosen + ROUNDS[i]! + schedule[i]!) | 0;
    const most = (a & b) ^ (a & c) ^ (b & c);
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + most) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}
