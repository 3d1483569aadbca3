import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMany, decodeValue, encodedSize, encodeMany, encodeValue } from '../../../src/value/bytes.ts';
import { encodeDocument, Row } from '../../../src/value/bytes-encode.ts';
import { hashValue, sha256Hex } from '../../../src/value/hash.ts';
import { bytesToHex, hexToBytes } from '../../../src/value/hex.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { compare, isSame } from '../../../src/value/order.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Closure, ErrorValue, Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue, rebuilt, testCode } from '../../support/arbitraries.ts';

/** Magic and version. */
const HEADER = 'd7525601';
const options = { resolveCode: testCode };
const GROUP = '7f'.repeat(32);

function hexOf(value: Value): string {
  const hex = bytesToHex(encodeValue(value));
  expect(hex.startsWith(`${HEADER}01`)).toBe(true);
  return hex.slice(HEADER.length + 2);
}

/** What is wrong with a document that has this one root. */
function fault(hex: string, roots: string = '01'): string {
  const decoded = decodeMany(hexToBytes(HEADER + roots + hex)!, options);
  return decoded.ok ? 'nothing' : `${decoded.error.message} at ${decoded.error.offset - 5}`;
}

describe('each kind of value in bytes, computed by hand from the specification', () => {
  test.each([
    [null, 'e0'],
    [false, 'e1'],
    [true, 'e2'],
    [0, '00'],
    [63, '3f'],
    [64, 'e300'],
    [191, 'e37f'],
    [192, 'e38001'],
    [-1, '40'],
    [-16, '4f'],
    [-17, 'e400'],
    [-145, 'e48001'],
    // 2^53 - 1 - 64 is seven groups of seven ones but for bit 6, and four ones.
    [2 ** 53 - 1, 'e3bfffffffffffff0f'],
    [2n ** 53n, 'e50720000000000000'],
    [-(2n ** 64n), 'e609010000000000000000'],
    [makeFloat(1), 'e73ff0000000000000'],
    [makeFloat(-0), 'e78000000000000000'],
    [0.5, 'e73fe0000000000000'],
    [Number.NaN, 'e77ff8000000000000'],
    [Number.NEGATIVE_INFINITY, 'e7fff0000000000000'],
    ['', '50'],
    ['a', '5161'],
    ['é', '52c3a9'],
    ['€', '53e282ac'],
    ['😀', '54f09f9880'],
    ['\ud83d', '53eda0bd'],
    ['x'.repeat(31), `6f${'78'.repeat(31)}`],
    ['x'.repeat(32), `e800${'78'.repeat(32)}`],
    ['x'.repeat(160), `e88001${'78'.repeat(160)}`],
    [keyword('a'), '7161'],
    [keyword('k'.repeat(33)), `e901${'6b'.repeat(33)}`],
    [symbol('x'), 'ea0178'],
    [Vector.empty(), '90'],
    [Vector.of(1, 2), '920102'],
    [Vector.adopt(new Array<Value>(16).fill(0)), `eb00${'00'.repeat(16)}`],
    [List.empty(), 'b0'],
    [List.of(1), 'b101'],
    [List.adopt(new Array<Value>(8).fill(0)), `ed00${'00'.repeat(8)}`],
    [MapValue.of(keyword('b'), 2, keyword('a'), 1), 'a2716101716202'],
    [SetValue.of(2, 1), 'ba0102'],
    [SetValue.of(0, 1, 2, 3, 4, 5, 6, 7), 'ee000001020304050607'],
    // 1970 is 62,167,219,200,000 ms after the year 0.
    [new Timestamp(-62_167_219_200_000), 'f100'],
    [new Timestamp(-62_167_219_199_872), 'f18001'],
    [new Uuid('01234567-89ab-cdef-0123-456789abcdef'), 'f20123456789abcdef0123456789abcdef'],
    [new Handle('resource://a'), 'f30c7265736f757263653a2f2f61'],
    [new PrimitiveFunction('+'), 'f6012b'],
    [new ErrorValue(keyword('e'), 'm', 1, null, null), 'f47165516d01e0e0'],
    [new Closure({ group: GROUP, unit: 3, name: null }, []), `f503f7${GROUP}90`],
    [new Closure({ group: GROUP, unit: 0, name: null }, [7, 8]), `f500f7${GROUP}920708`],
  ] as [Value, string][])('%#', (value, hex) => {
    expect(hexOf(value)).toBe(hex);
    const decoded = decodeValue(hexToBytes(`${HEADER}01${hex}`)!, options);
    expect(decoded.ok && isSame(decoded.value, value)).toBe(true);
  });

  test('a map of a few short keys takes some tens of bytes', () => {
    const user = MapValue.of(keyword('id'), 17, keyword('name'), 'Ada', keyword('roles'), Vector.of('admin', 'author'));
    expect(encodeValue(user).length).toBeLessThan(45);
  });
});

describe('sharing', () => {
  test('what occurs again is marked the first time and then named by number', () => {
    expect(hexOf(Vector.of('ab', 'ab', 'ab'))).toBe('93f0526162c0c0');
    expect(hexOf(Vector.of(Vector.of(1), List.of(1), Vector.of(1), List.of(1)))).toBe('94f09101f0b101c0c1');
  });

  test('numbers are given in order of first occurrence, outer values first', () => {
    const inner = Vector.of('ab');
    // [["ab"] "ab" ["ab"]]: the vector is met before the string in it.
    expect(hexOf(Vector.of(inner, 'ab', inner))).toBe('93f091f0526162c1c0');
  });

  test('parts of a shared value count once', () => {
    const inner = Vector.of('ab');
    expect(hexOf(Vector.of(inner, inner))).toBe('92f091526162c0');
  });

  test('short texts, machine numbers and empty collections are written out each time', () => {
    expect(hexOf(Vector.of('a', 'a', keyword('a'), keyword('a'), 300, 300))).toBe('96516151617161'.concat('7161e3ec01e3ec01'));
    expect(hexOf(Vector.of(Vector.empty(), Vector.empty(), null, null, 0.5, 0.5))).toBe('969090e0e0e73fe0000000000000e73fe0000000000000');
  });

  test('a string, a keyword and a symbol of one name are not one', () => {
    expect(hexOf(Vector.of('ab', keyword('ab'), symbol('ab')))).toBe('93526162726162ea026162');
  });

  test('roots share with one another', () => {
    expect(bytesToHex(encodeMany([Vector.of(1), 5, Vector.of(1)]))).toBe(`${HEADER}03f0910105c0`);
    expect(bytesToHex(encodeMany([]))).toBe(`${HEADER}00`);
    expect(decodeMany(encodeMany([]))).toEqual({ ok: true, value: [] });
  });

  test('closures of one group share its hash, and equal captures, also with a vector', () => {
    const closure = (unit: number): Closure => new Closure({ group: GROUP, unit, name: null }, ['xy']);
    expect(hexOf(Vector.of(closure(0), closure(1), Vector.of('xy')))).toBe(`93f500f0f7${GROUP}f091527879f501c0c1c1`);
  });

  test('decoded closures of equal captures hold one array', () => {
    const captures = [1, 2, 3];
    const closures = [0, 1].map((unit) => new Closure({ group: GROUP, unit, name: null }, [...captures]));
    const decoded = decodeMany(encodeMany(closures), options);
    const [a, b] = (decoded.ok ? decoded.value : []) as Closure[];
    expect(a!.captures).toEqual(captures);
    expect(a!.captures).toBe(b!.captures);
  });

  test('numbers from 32 on take two bytes and more', () => {
    const strings = Array.from({ length: 40 }, (_, i) => `s${i}`);
    const hex = hexOf(Vector.adopt([...strings, ...strings]));
    expect(hex.endsWith('dedfef00ef01ef02ef03ef04ef05ef06ef07')).toBe(true);
  });

  test('2^30,000 paths are written in linear size, the same whether parts are one object or equal ones', () => {
    let shared: Value = Vector.of(1);
    let doubled: Value = Vector.of(1);
    for (let i = 0; i < 30_000; i++) {
      shared = Vector.of(shared, shared);
      doubled = Vector.of(doubled, Vector.adopt((doubled as Vector).toArray()));
    }
    const bytes = encodeValue(shared);
    expect(bytes.length).toBeLessThan(200_000);
    expect(bytesToHex(encodeValue(doubled))).toBe(bytesToHex(bytes));
    const decoded = decodeValue(bytes);
    expect(decoded.ok && isSame(decoded.value, doubled)).toBe(true);
  });
});

describe('laws', () => {
  test('decoding undoes encoding', () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        const bytes = encodeValue(value);
        const decoded = decodeValue(bytes, options);
        expect(decoded.ok && isSame(decoded.value, value)).toBe(true);
        expect(decoded.ok && encodeValue(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('the same value has the same bytes and the same hash, however it was built', () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        expect(encodeValue(rebuilt(value))).toEqual(encodeValue(value));
        expect(hashValue(rebuilt(value))).toBe(hashValue(value));
      }),
      { numRuns: 500 },
    );
  });

  test('values that are not the same have different bytes', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), (a, b) => {
        expect(bytesToHex(encodeValue(a)) === bytesToHex(encodeValue(b))).toBe(isSame(a, b));
      }),
      { numRuns: 1000 },
    );
  });

  test('several roots come back in order', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(), { maxLength: 6 }), (roots) => {
        const decoded = decodeMany(encodeMany(roots), options);
        expect(decoded.ok && decoded.value.length === roots.length && decoded.value.every((value, i) => isSame(value, roots[i]!))).toBe(true);
      }),
    );
  });

  test('decoded maps are usable: they find what they hold and are ordered', () => {
    const entries = Array.from({ length: 5000 }, (_, i) => [`key ${(i * 7919) % 5000}`, i] as const);
    const decoded = decodeValue(encodeValue(MapValue.from(entries)));
    const map = (decoded.ok ? decoded.value : null) as MapValue;
    for (const [key, value] of entries) expect(map.get(key)).toBe(value);
    const keys = map.set('key', 0).delete('key 17').keys();
    expect(keys.length).toBe(5000);
    expect(keys.every((key, i) => i === 0 || compare(keys[i - 1]!, key) < 0)).toBe(true);
  });
});

describe('the decoder refuses what the encoder does not write', () => {
  test.each([
    ['', 'the bytes end too early at -1'], // found at the count of roots
    ['9201', 'the bytes end too early at 0'],
    ['920190', 'nothing'],
    ['0000', 'there are bytes after the end at 1'],
    ['ff', 'no value begins with the byte 255 at 0'],
    ['f8', 'no value begins with the byte 248 at 0'],
    // Numbers in a form that is not theirs.
    ['e38000', 'a number is not in its shortest form at 1'],
    ['e3c0ffffffffffff0f', 'an integer is not in its one form at 0'],
    ['e3ffffffffffffff1f', 'a number is too large at 1'],
    ['e3ffffffffffffffff01', 'a number is too large at 1'],
    ['e50101', 'an integer is not in its one form at 0'],
    ['e5071fffffffffffff', 'an integer is not in its one form at 0'],
    ['e5080020000000000000', 'an integer is not in its one form at 0'],
    ['e500', 'an integer is not in its one form at 0'],
    ['e77ff8000000000001', 'a NaN is not in its one form at 1'],
    ['e7fff8000000000000', 'a NaN is not in its one form at 1'],
    ['f1ffffffffffff7f', 'a timestamp is after the year 9999 at 0'],
    // Texts that are not well-formed.
    ['5180', 'a text is not well-formed at 1'],
    ['52c080', 'a text is not well-formed at 1'],
    ['52c328', 'a text is not well-formed at 1'],
    ['53e08080', 'a text is not well-formed at 1'],
    ['54f0808080', 'a text is not well-formed at 1'],
    ['54f4908080', 'a text is not well-formed at 1'],
    ['51c3', 'a text is not well-formed at 1'],
    ['56eda0bdedb880', 'a text is not well-formed at 4'],
    ['5261', 'the bytes end too early at 1'],
    // Order of keys.
    ['a201e000e0', 'keys are not in order at 4'],
    ['a201e001e0', 'keys are not in order at 4'],
    ['ba0101', 'keys are not in order at 3'],
    ['ba0200', 'keys are not in order at 3'],
    ['a2e77ff800000000000000e77ff800000000000000', 'keys are not in order at 20'],
    // Keys that are not normal.
    ['b9e78000000000000000', 'a key holds -0.0 at 10'],
    ['b9b1e78000000000000000', 'a key holds -0.0 at 11'],
    // A list and the equal vector are one key.
    ['bab09000', 'keys are not in order at 3'],
    // Sharing.
    ['c0', 'there is no shared value 0 yet at 0'],
    ['f091c0', 'there is no shared value 0 yet at 2'],
    ['92f09101c1', 'there is no shared value 1 yet at 4'],
    ['f09101', 'a value is marked as shared and occurs once at 0'],
    ['9291019101', 'a value that occurs again is written out at 3'],
    ['92526162526162', 'a value that occurs again is written out at 4'],
    ['92f052616252616200', 'a value that occurs again is written out at 5'],
    ['92f05161c0', 'this value cannot be shared at 1'],
    ['92f000c0', 'this value cannot be shared at 1'],
    ['92f090c0', 'this value cannot be shared at 1'],
    ['92f0f09101c0', 'a value is marked as shared twice at 2'],
    ['93f09101f0c0c0', 'a reference is marked as shared at 5'],
    // Errors and closures.
    ['f400516de0e0e0', 'an error has no proper type and message at 0'],
    ['f4716500e0e0e0', 'an error has no proper type and message at 0'],
    ['f50000', 'the bytes end too early at 0'],
    ['f5000090', 'a closure has no group or no captures at 0'],
    [`f7${GROUP}`, 'the hash of a group stands where a value should be at 33'],
    [`f500f7${GROUP}00`, 'a closure has no group or no captures at 0'],
    [`f500f7${GROUP}a0`, 'a closure has no group or no captures at 0'],
    [`92f500f0f7${GROUP}90c0`, 'the hash of a group stands where a value should be at 39'],
    [`f509f7${GROUP}90`, `unknown code: unit 9 of ${GROUP} at 0`],
  ])('%s: %s', (hex, message) => {
    expect(fault(hex)).toBe(message);
  });

  test('counts that promise more than there is are found out before anything is made for them', () => {
    for (const first of ['eb', 'ec', 'ed', 'ee', 'e8', 'e9', 'ea', 'e5', 'f3', 'f6']) {
      expect(fault(`${first}ffffffffffff0f`)).toMatch(/^the bytes end too early/);
    }
    expect(fault('00', 'ffffffffffff0f')).toMatch(/^the bytes end too early/);
  });

  test('other magic, other versions, nothing at all', () => {
    const message = (hex: string): string => {
      const decoded = decodeMany(hexToBytes(hex)!);
      return decoded.ok ? 'nothing' : decoded.error.message;
    };
    expect(message('')).toBe('the bytes end too early');
    expect(message('d7525702')).toBe('these are not the bytes of a value');
    expect(message('d75256020100')).toBe('format version 2 is not known here');
    expect(message('d752560100')).toBe('nothing');
  });

  test('a document of several values is not one value', () => {
    expect(decodeValue(encodeMany([1, 2]))).toEqual({ ok: false, error: { message: 'expected one value, found 2', offset: 0 } });
    expect(decodeValue(encodeMany([])).ok).toBe(false);
  });

  test('missing code is named; without a resolver every closure is missing its code', () => {
    const bytes = encodeValue(new Closure({ group: 'cd'.repeat(32), unit: 2, name: null }, []));
    const decoded = decodeValue(bytes);
    expect(!decoded.ok && decoded.error.missingCode).toEqual({ group: 'cd'.repeat(32), unit: 2 });
  });

  test('kernel functions can be checked by name', () => {
    const bytes = encodeValue(new PrimitiveFunction('nope'));
    expect(decodeValue(bytes, { knowsPrimitive: () => true }).ok).toBe(true);
    expect(decodeValue(bytes, { knowsPrimitive: (name) => name === '+' })).toEqual({
      ok: false,
      error: { message: 'there is no kernel function named nope', offset: 5 },
    });
  });

  test('documents longer than allowed are not read', () => {
    expect(decodeValue(encodeValue('abc'), { sizeMaxBytes: 8 }).ok).toBe(false);
    expect(decodeValue(encodeValue('abc'), { sizeMaxBytes: 9 }).ok).toBe(true);
  });
});

describe('hashes', () => {
  test('SHA-256 is SHA-256', () => {
    expect(sha256Hex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256Hex(Uint8Array.of(0x61), Uint8Array.of(0x62, 0x63))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('SHA-256 is what another implementation says, at every length around the ends of blocks', () => {
    for (let size = 0; size < 300; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 151 + size) & 255);
      expect(sha256Hex(bytes)).toBe(bytesToHex(sha256(bytes)));
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => sha256Hex(bytes) === bytesToHex(sha256(bytes))));
  });

  test('the hash of a value is not that of its bare bytes', () => {
    expect(hashValue(1)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashValue(1)).not.toBe(sha256Hex(encodeValue(1)));
    expect(hashValue(1)).not.toBe(hashValue(makeFloat(1)));
  });

  test('hexadecimal text goes both ways', () => {
    expect(bytesToHex(Uint8Array.of(0, 15, 16, 255))).toBe('000f10ff');
    expect(hexToBytes('000F10ff')).toEqual(Uint8Array.of(0, 15, 16, 255));
    expect(['0', 'g0', '0x', '٣0', ' 0'].map(hexToBytes)).toEqual([null, null, null, null, null]);
  });
});

describe('the size without the bytes', () => {
  test.each([
    0, 63, 64, 191, 192, 16_447, 16_448, Number.MAX_SAFE_INTEGER, -1, -16, -17, -144, -145, -Number.MAX_SAFE_INTEGER, 2n ** 64n, makeFloat(1.5), makeFloat(Number.NaN),
    null, true, false, '', 'a', 'é€🦄', 'a'.repeat(31), 'a'.repeat(32), 'a'.repeat(159), 'a'.repeat(160), keyword('k'), keyword('k'.repeat(40)), symbol('s'), Vector.of('ab', 'ab'),
  ] as Value[])('of %s is their number', (value) => {
    expect(encodedSize(value)).toBe(encodeValue(value).length);
  });

  test('of any value is their number', () => {
    fc.assert(fc.property(arbitraryValue(), (value) => encodedSize(value) === encodeValue(value).length));
  });
});

describe('what stands for a vector', () => {
  test('is written as the vector', () => {
    const first: readonly Value[] = [new Closure(testCode(GROUP, 0)!, []), 0, keyword('at'), null];
    const other: readonly Value[] = ['a text', Vector.of(2 ** 40, 'a text')];
    const rests: readonly (readonly Value[])[] = [[], [], [Vector.of(1, 'a text')], [0.5, 'a text'], [], [Vector.of(1, 'a text')]];
    const pieces = [first, other].flatMap((begin) => [...rests, ...rests].map((rest) => ({ begin, rest })));
    const vector = Vector.adopt(pieces.map(({ begin, rest }) => Vector.of(...begin, ...rest)));
    const rows = pieces.map(({ begin, rest }) => new Row(begin, rest));
    expect(bytesToHex(encodeDocument([[rows, [], [[], 1]]]))).toBe(bytesToHex(encodeValue(Vector.of(vector, Vector.empty(), Vector.of(Vector.empty(), 1)))));
  });
});
