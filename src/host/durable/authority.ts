/**
 * What a run was allowed, in its journal: signed by whoever allowed it, since a store is not to be believed in this (H5). Whoever goes
 * on with the run believes it only when the signature is that of a key that they know, and for this run; else it counts as nothing.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { encodeValue } from '../../value/bytes.ts';
import { bytesToHex, hexToBytes } from '../../value/hex.ts';
import { MapValue } from '../../value/map.ts';
import { Vector } from '../../value/vector.ts';
import type { Keys } from '../journal/signature.ts';
import type { DraftData } from '../journal/record.ts';
import type { Facts } from './facts.ts';

const DOMAIN = 'rtfs/authority';

/** The fields of `run-started` that hold it. */
export function signedAuthority(run: string, authority: MapValue, keys: Keys | null): DraftData {
  if (keys === null) return { authority };
  return { authority, 'authority-key': keys.key, 'authority-signature': bytesToHex(keys.sign(DOMAIN, bytesOf(run, authority))) };
}

/** What the start of the run says that it was allowed, when that can be believed; else why not. No full stop. */
export function believedAuthority(run: string, started: Facts, keys: Keys | null): Result<MapValue, string> {
  const authority = started.value('authority');
  if (!(authority instanceof MapValue)) return { ok: true, value: MapValue.empty() };
  const key = started.text('authority-key');
  const signature = hexToBytes(started.text('authority-signature') ?? '');
  if (keys === null || key === null || signature === null) return { ok: false, error: 'what the run was allowed is not signed' };
  switch (keys.verify(key, DOMAIN, bytesOf(run, authority), signature)) {
    case 'good':
      return { ok: true, value: authority };
    case 'unknown-key':
      return { ok: false, error: `what the run was allowed is signed with the key ${key}, which is not known here` };
    case 'bad':
      return { ok: false, error: 'what the run was allowed has been changed: its signature does not fit' };
  }
}

function bytesOf(run: string, authority: MapValue): Uint8Array {
  return encodeValue(Vector.of(run, authority));
}
