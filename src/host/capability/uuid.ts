/** `:uuid.new`: a random UUID (version 4). */
import { Uuid } from '../../value/value.ts';
import { checkArity } from '../argument.ts';
import type { Capability, Entropy } from '../port.ts';

export function uuidCapabilities(entropy: Entropy): Capability[] {
  return [
    {
      id: 'uuid.new',
      summary: '→ a random UUID',
      determinism: 'recorded',
      call: async (args) => {
        checkArity('uuid.new', args, 0, 0);
        return new Uuid(uuidText(entropy(16)));
      },
    },
  ];
}

function uuidText(random: Uint8Array): string {
  const bytes = Uint8Array.from(random);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
