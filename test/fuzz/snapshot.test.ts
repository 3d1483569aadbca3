/** Bytes that are said to be a state come from anywhere (H5): they are refused with a reason, or they are a state that runs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resume } from '../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { State } from '../../src/evaluator/state.ts';
import { startProgram } from '../../src/host/compile.ts';
import { decodeValue, encodeValue } from '../../src/value/bytes.ts';
import { bytesToHex } from '../../src/value/hex.ts';
import type { Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { arbitraryValue } from '../support/arbitraries.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled } from '../support/journey.ts';

const environment = testEnvironment();
const program = compiled(environment, `
  (defn visit [tree depth]
    (if (vector? tree)
      (map (fn [part] (visit part (inc depth))) tree)
      (try [(call :seen {:value tree :depth depth}) depth]
        (catch :error/host e (:message e))
        (finally (step "after" (call :log tree))))))
  (let [{:keys [a] :as all} {:a [1 [2 "three"] :four]}] [(visit a 0) all])`);
const state: State = startProgram(program, { limits: { fuel: 100_000 } }).state;
const bytes = snapshot(state);

/** It is no state, or one that can be written again and goes on to an outcome. */
function check(candidate: Uint8Array): void {
  const restored = restore(candidate, program.table);
  if (!restored.ok) {
    expect(restored.error.message).not.toMatch(/undefined|TypeError|RangeError|is not a function/);
    return;
  }
  expect(bytesToHex(snapshot(restored.value))).toBe(bytesToHex(candidate));
  const { pending, status } = restored.value;
  if (status === 'done' || restored.value.main.fuel > 1_000_000) return;
  const { outcome } = resume(restored.value, pending.slice(0, 1).map(({ id }) => ({ id, ok: true, value: 1 })), { quantum: 1000 });
  expect(['complete', 'failed', 'requires-host', 'preempted']).toContain(outcome.kind);
}

test('the state itself is one', () => {
  check(bytes);
  expect(restore(bytes, program.table).ok).toBe(true);
});

describe('a state with damage', () => {
  test('in any one bit', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      check(changed);
    }
  });

  test('that ends anywhere', () => {
    for (let end = 0; end < bytes.length; end++) expect(restore(bytes.slice(0, end), program.table).ok).toBe(false);
  });

  test('in a few bytes', () => {
    const hit = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(hit, { minLength: 1, maxLength: 4 }), (hits) => {
        const changed = bytes.slice();
        for (const { at, byte } of hits) changed[at] = byte;
        check(changed);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a well-formed document that is no state', () => {
  test('of any values', () => {
    fc.assert(fc.property(arbitraryValue({ opaque: false }), (value) => check(encodeValue(value))), { numRuns: 1000 });
  });

  test('or a state with any part of it replaced by any value', () => {
    const decoded = decodeValue(bytes, { resolveCode: (group, unit) => program.table.find(group, unit) });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const whole = decoded.value as Vector;
    const put = (value: Value, path: readonly number[], part: Value): Value => {
      const [first, ...rest] = path;
      if (!(value instanceof Vector) || value.size === 0 || first === undefined) return part;
      const items = value.toArray().slice();
      const index = first % items.length;
      items[index] = rest.length === 0 ? part : put(items[index]!, rest, part);
      return Vector.adopt(items);
    };
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }), arbitraryValue({ opaque: false }), (path, part) => check(encodeValue(put(whole, path, part)))),
      { numRuns: 3000 },
    );
  });
});
