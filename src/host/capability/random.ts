/** `:random.int :random.float`, from bytes that nobody can foresee; every value is equally likely. */
import { isInteger, makeFloat, type Value } from '../../value/value.ts';
import { checkArity } from '../argument.ts';
import { argumentFailure, typeFailure } from '../failure.ts';
import type { Capability, Entropy } from '../port.ts';

const RANGE_BITS_MAX = 4096;

export function randomCapabilities(entropy: Entropy): Capability[] {
  return [
    {
      id: 'random.int',
      summary: 'low high → an integer in [low, high)',
      determinism: 'recorded',
      call: async (args) => randomInteger(args, entropy),
    },
    {
      id: 'random.float',
      summary: '→ a float in [0, 1)',
      determinism: 'recorded',
      call: async (args) => {
        checkArity('random.float', args, 0, 0);
        return makeFloat(Number(bitsOf(entropy(7)) >> 3n) / 2 ** 53);
      },
    },
  ];
}

function randomInteger(args: readonly Value[], entropy: Entropy): number | bigint {
  checkArity('random.int', args, 2, 2);
  const low = integer(args[0]!);
  const high = integer(args[1]!);
  if (high <= low) throw argumentFailure('random.int', 'the upper bound (exclusive) must be greater than the lower');
  const range = high - low;
  if (range >> BigInt(RANGE_BITS_MAX) > 0n) throw argumentFailure('random.int', `the range is wider than 2^${RANGE_BITS_MAX}`);
  const value = low + below(range, entropy);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function integer(value: Value): bigint {
  if (!isInteger(value)) throw typeFailure('random.int', 'integer', value);
  return BigInt(value);
}

/** Draws whole bit strings until one is below `range`: less than two draws on average, and no bias. */
function below(range: bigint, entropy: Entropy): bigint {
  const bits = (range - 1n).toString(2).length;
  const bytes = Math.ceil(bits / 8);
  const surplus = BigInt(bytes * 8 - bits);
  for (;;) {
    const drawn = bitsOf(entropy(bytes)) >> surplus;
    if (drawn < range) return drawn;
  }
}

function bitsOf(bytes: Uint8Array): bigint {
  return bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
}
