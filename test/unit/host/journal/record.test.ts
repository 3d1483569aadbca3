/** Records as bytes: what is written is read again, and nothing else is read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeDraft, encodeRecord, type JournalRecord, RECORD_DOMAIN, RECORD_KINDS, recordData, WITHOUT_CODE } from '../../../../src/host/journal/record.ts';
import { encodeMany, encodeValue } from '../../../../src/value/bytes.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { isSame } from '../../../../src/value/order.ts';
import { Closure, keyword, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { arbitraryText, arbitraryValue } from '../../../support/arbitraries.ts';

const PREVIOUS = '0123456789abcdef'.repeat(4);

function record(changed: Partial<JournalRecord> = {}): JournalRecord {
  return { run: 'r1', seq: 7, previous: PREVIOUS, timeMs: 1_700_000_000_123, kind: 'call-requested', data: recordData({ call: '0.3', args: Vector.of(1, 'two') }), ...changed };
}

function arbitraryRecord(): fc.Arbitrary<JournalRecord> {
  return fc.record({
    run: arbitraryText().filter((text) => text !== ''),
    seq: fc.integer({ min: 1 }),
    previous: fc.stringMatching(/^[0-9a-f]{64}$/),
    timeMs: fc.maxSafeInteger().map((n) => n + 0),
    kind: fc.constantFrom(...RECORD_KINDS),
    data: fc.dictionary(fc.constantFrom('a', 'call', '__proto__', 'args', ''), arbitraryValue()).map((data) => MapValue.from(Object.entries(data).map(([name, value]) => [keyword(name), value] as const))),
  });
}

function isEqual(a: JournalRecord, b: JournalRecord): boolean {
  return a.run === b.run && a.seq === b.seq && a.previous === b.previous && a.timeMs === b.timeMs && a.kind === b.kind && isSame(a.data, b.data);
}

/** What decoding the parts says. */
function refusal(...parts: Value[]): string {
  const decoded = decodeRecord(encodeValue(Vector.of(...parts)));
  return decoded.ok ? 'read' : decoded.error.message;
}

test('a record is the document of one vector', () => {
  expect(encodeRecord(record())).toEqual(
    encodeValue(Vector.of('rtfs/record', 1, 'r1', PREVIOUS, 7, 1_700_000_000_123, keyword('call-requested'), MapValue.of(keyword('call'), '0.3', keyword('args'), Vector.of(1, 'two')))),
  );
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(arbitraryRecord(), (one) => {
      const decoded = decodeRecord(encodeRecord(one), WITHOUT_CODE);
      expect(decoded.ok && isEqual(decoded.value, one)).toBe(true);
    }),
  );
});

test('drafts give the bytes of their records, whatever is in them and whatever was written before', () => {
  const names = fc.constantFrom('a', 'call', 'args', 'value', 'run-started', 'é', 'x'.repeat(40));
  const drafts = fc.array(fc.tuple(arbitraryRecord(), fc.dictionary(names, fc.option(arbitraryValue(), { nil: undefined }))), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(drafts, (all) => {
      const encoded = all.map(([one, data]) => encodeDraft({ ...one, data }));
      all.forEach(([one, data], i) => {
        const expected = encodeRecord({ ...one, data: MapValue.from(Object.entries(data).flatMap(([name, value]) => (value === undefined ? [] : [[keyword(name), value] as const]))) });
        expect(encoded[i]!.bytes).toEqual(expected);
        expect(Buffer.concat(encoded[i]!.hashed)).toEqual(Buffer.concat([RECORD_DOMAIN, expected]));
      });
    }),
    { numRuns: 1000 },
  );
});

test('whatever bytes are read are those that would be written', () => {
  const seeds = fc.tuple(arbitraryRecord(), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }));
  let read = 0;
  fc.assert(
    fc.property(seeds, ([one, changes]) => {
      const bytes = encodeRecord(one);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const decoded = decodeRecord(bytes, WITHOUT_CODE);
      if (!decoded.ok) return;
      read += 1;
      expect(encodeRecord(decoded.value)).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(100);
});

test('any bytes are read or refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !decodeRecord(bytes).ok));
});

describe('functions in a record', () => {
  const group = 'ab'.repeat(32);
  const data = recordData({ value: new Closure({ group, unit: 2, name: 'f' }, [5]) });

  test('are refused without a way to find their code', () => {
    const decoded = decodeRecord(encodeRecord(record({ data })));
    expect(decoded.ok ? null : decoded.error.missingCode).toEqual({ group, unit: 2 });
  });

  test('are what they are called by for readers who have no code', () => {
    const decoded = decodeRecord(encodeRecord(record({ data })), WITHOUT_CODE);
    const value = decoded.ok ? decoded.value.data.get(keyword('value')) : null;
    expect(value instanceof Closure && [value.code.group, value.code.unit, value.captures]).toEqual([group, 2, [5]]);
  });
});

describe('refused is', () => {
  const good: readonly Value[] = ['rtfs/record', 1, 'r1', PREVIOUS, 7, 5, keyword('checkpoint'), MapValue.empty()];
  const withPart = (place: number, value: Value): Value[] => good.map((part, i) => (i === place ? value : part));

  test('nothing of a good one', () => {
    expect(refusal(...good)).toBe('read');
  });

  test.each<[string, number, Value, string]>([
    ['another tag', 0, 'rtfs/other', 'this is not a record of a journal'],
    ['a newer version', 1, 2, 'record version 2 is not known here: a newer RTFS reads it'],
    ['an empty id', 2, '', 'the id of the run is no text'],
    ['an id that is no text', 2, 5, 'the id of the run is no text'],
    ['the number 0', 4, 0, 'the number of the record is none'],
    ['a number that is no integer', 4, 1.5, 'the number of the record is none'],
    ['a huge number', 4, 2n ** 60n, 'the number of the record is none'],
    ['a short hash', 3, PREVIOUS.slice(1), 'the hash of the record before is none'],
    ['a hash in capitals', 3, PREVIOUS.toUpperCase(), 'the hash of the record before is none'],
    ['a time that is no integer', 5, 'now', 'the time is no whole number of milliseconds'],
    ['an unknown kind', 6, keyword('surprise'), 'the kind of the record is not known'],
    ['a kind that is no keyword', 6, 'checkpoint', 'the kind of the record is not known'],
    ['data that is no map', 7, Vector.of(1), 'the data is no map from keywords'],
    ['data with other keys', 7, MapValue.of('a', 1), 'the data is no map from keywords'],
  ])('%s', (_, place, value, message) => {
    expect(refusal(...withPart(place, value))).toBe(message);
  });

  test('one with more or fewer parts', () => {
    expect(refusal(...good, 1)).toBe('a record has 8 parts, this one has 9');
    expect(refusal(...good.slice(0, 7))).toBe('a record has 8 parts, this one has 7');
  });

  test('what is no vector, or not alone', () => {
    expect(decodeRecord(encodeValue('rtfs/record')).ok).toBe(false);
    expect(decodeRecord(encodeMany([Vector.of(...good), 1])).ok).toBe(false);
    expect(decodeRecord(new Uint8Array(0)).ok).toBe(false);
  });
});
