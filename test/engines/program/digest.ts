/**
 * What a run showed, boiled down to one hash: two engines that give the same hash gave the same text of every result,
 * the same fuel and the same bytes of every state, in the same order.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts';
import { remaining } from '../../../src/evaluator/kernel.ts';
import { snapshot } from '../../../src/evaluator/snapshot.ts';
import type { Advance } from '../../../src/evaluator/state.ts';
import { encodeValue } from '../../../src/value/bytes.ts';
import { bytesToHex } from '../../../src/value/hex.ts';
import { printBrief } from '../../../src/value/print.ts';

const TEXT_MAX = 10_000;

export class Digest {
  private readonly hasher = sha256.create();

  text(text: string): void {
    // The canonical bytes begin with the length, so texts cannot run together; and they need no TextEncoder.
    this.hasher.update(encodeValue(text));
  }

  diagnostics(diagnostics: readonly Diagnostic[]): void {
    for (const one of diagnostics) this.text(`${one.code} ${one.message} ${one.span?.start ?? ''}–${one.span?.end ?? ''} ${one.help.join(' ')}`);
  }

  advance({ outcome, state, events }: Advance): void {
    this.text(outcome.kind);
    if (outcome.kind === 'complete') {
      this.text(printBrief(outcome.value, TEXT_MAX));
      this.hasher.update(encodeValue(outcome.value));
    } else if (outcome.kind === 'failed') {
      this.text(outcome.error.message);
      this.hasher.update(encodeValue(outcome.error));
    } else if (outcome.kind === 'requires-host') {
      for (const call of outcome.calls) this.text(`${call.id} ${call.capability}`);
    }
    for (const event of events) this.text(`${event.at} ${event.kind} ${event.step}`);
    const { fuel, allocation } = remaining(state);
    this.text(`fuel ${fuel} allocation ${allocation}`);
    this.hasher.update(snapshot(state));
  }

  /** 64 hexadecimal digits; the digest is spent then. */
  end(): string {
    return bytesToHex(this.hasher.digest());
  }
}
