import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commonGrants, coverageOf, normalGrants } from '../../../../src/host/security/coverage.ts';
import { readDocument } from '../../../../src/host/security/document.ts';
import { addressRefusal, hostRefusal } from '../../../../src/host/security/network.ts';
import { policyText, readPolicy } from '../../../../src/host/security/policy-text.ts';
import { buildContext, kernelLimits, levelDefaults, LEVELS, narrow } from '../../../../src/host/security/runtime-context.ts';
import type { Value } from '../../../../src/value/value.ts';
import { BASE, context, contexts, grant, GRANT_CONTEXT, grants } from './support.ts';

describe('a context', () => {
  test('has the defaults of its level', () => {
    expect(context('pure')).toMatchObject({ capabilities: [], grants: [], limits: { timeMs: 1000, memoryBytes: 16 * 1024 * 1024 }, budget: { calls: 0 } });
    expect(context('controlled')).toMatchObject({ capabilities: ['step.checkpoint', 'step.deadline', 'step.sleep'], grants: [], limits: { timeMs: 5000, memoryBytes: 64 * 1024 * 1024 } });
    expect(context('full')).toMatchObject({ capabilities: ['*'], grants: [{ capability: '*', scope: '*' }], limits: { timeMs: 60_000, memoryBytes: 512 * 1024 * 1024 } });
  });

  test.each(LEVELS)('of the level %s is metered, and within the ceilings', (level) => {
    expect(buildContext(level)).toEqual({ ok: true, value: levelDefaults(level) });
  });

  test.each([
    [{ timeMs: 61_000 }, 'limits.time-ms', '61000 is above the ceiling of 60000'],
    [{ timeMs: 0 }, 'limits.time-ms', 'expected a whole number above 0, got 0'],
    [{ timeMs: Infinity }, 'limits.time-ms', 'Infinity is above the ceiling of 60000'],
    [{ memoryBytes: 512 * 1024 * 1024 + 1 }, 'limits.memory-bytes', '536870913 is above the ceiling of 536870912'],
    [{ memoryBytes: Number.NaN }, 'limits.memory-bytes', 'expected a whole number above 0, got NaN'],
  ])('with %j is not built', (limits, path, message) => {
    for (const level of LEVELS) expect(buildContext(level, { limits })).toEqual({ ok: false, problems: [{ path, message }] });
  });

  test('of the level pure has no capabilities and no grants', () => {
    expect(buildContext('pure', { capabilities: ['io.'] })).toMatchObject({ ok: false, problems: [{ path: 'capabilities' }] });
    expect(buildContext('pure', { grants: [grant('time')] })).toMatchObject({ ok: false, problems: [{ path: 'grants' }] });
  });

  test('shows contexts to nobody in general', () => {
    expect(buildContext('full', { expose: ['*'] })).toMatchObject({ ok: false, problems: [{ path: 'expose' }] });
  });

  test('is normal: sorted, each once, without what is contained', () => {
    const { capabilities, effects, deniedEffects, isolation } = context('controlled', {
      capabilities: ['fs.read', 'fs.', 'a'], effects: [':FS.read', 'fs', 'UI'], deniedEffects: ['ui', ':UI'],
      isolation: { allowed: ['sandboxed', 'inherit'], minimum: [{ capability: 'fs.read', level: 'isolated' }, { capability: 'fs.', level: 'sandboxed' }, { capability: 'b', level: 'inherit' }] },
    });
    expect({ capabilities, effects, deniedEffects, isolation }).toEqual({
      capabilities: ['a', 'fs.'], effects: ['fs', 'ui'], deniedEffects: ['ui'], isolation: { allowed: ['inherit', 'sandboxed'], minimum: [{ capability: 'fs.', level: 'sandboxed' }] },
    });
  });
});

describe('narrowing', () => {
  test('keeps the less of everything', () => {
    const parent = context('full', { deniedCapabilities: ['fs.write'], windows: [{ capability: 'fs.', open: [[60, 120]] }, { capability: '*', open: [[0, 10]] }], softBudget: { calls: 5 }, capabilities: ['fs.', 'http.'], effects: ['fs', 'network'], grants: ['fs=a', 'http=*'].map(grant), limits: { timeMs: 100, kernel: { fuel: 7 } }, budget: { calls: 5 }, expose: ['audit.'] });
    const child = context('controlled', {
      capabilities: ['fs.read', 'env.'], effects: ['fs.read', 'ui'], deniedEffects: ['fs.write'], grants: ['fs.read=a/b', 'fs.read=c', 'http=example.com'].map(grant),
      deniedCapabilities: ['*.delete'], windows: [{ capability: 'fs.', open: [[90, 200]] }], softBudget: { calls: 3, cost: 2 },
      limits: { timeMs: 200, memoryBytes: 1000, kernel: { fuel: 9, calls: 3 } }, budget: { calls: 10, cost: 1 }, expose: ['audit.log', '#audit'],
      isolation: { allowed: ['isolated'], minimum: [{ capability: 'fs.', level: 'isolated' }] },
    });
    expect(narrow(parent, child)).toEqual({
      level: 'controlled', capabilities: ['fs.read'], effects: ['fs.read'], deniedEffects: ['fs.write'], grants: ['fs.read=a/b', 'http=example.com'].map(grant),
      deniedCapabilities: ['*.delete', 'fs.write'], windows: [{ capability: '*', open: [[0, 10]] }, { capability: 'fs.', open: [[90, 120]] }], softBudget: { calls: 3, cost: 2 },
      limits: { timeMs: 100, memoryBytes: 1000, kernel: { fuel: 7, calls: 3 } }, budget: { calls: 5, cost: 1 }, expose: ['audit.log'],
      isolation: { allowed: ['isolated'], minimum: [{ capability: 'fs.', level: 'isolated' }] },
    });
  });

  test('is idempotent and commutative, and the child of a child is no more than either', () => {
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        expect(narrow(a, a)).toEqual(a);
        const both = narrow(a, b);
        expect(narrow(b, a)).toEqual(both);
        expect(narrow(a, both)).toEqual(both);
        expect(narrow(both, b)).toEqual(both);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what grants have in common', () => {
  test.each([
    ['all', 'fs.read=a', 'fs.read=a'],
    ['fs=a', 'fs.read=a/b', 'fs.read=a/b'],
    ['fs=a/b', 'fs.read=a', 'fs.read=a/b'],
    ['fs.read=a', 'fs.list=a', 'fs.list=a'],
    ['fs.read=a', 'fs.write=a', null],
    ['fs=a', 'fs=b', null],
    ['fs=*', 'fs.read=a', 'fs.read=a'],
    ['http=*', 'http=example.com', 'http=example.com'],
    ['http=*.example.com', 'http=www.example.com', 'http=www.example.com'],
    ['http=*.example.com', 'http=example.com', null],
    ['http=*:8080', 'http=example.com', 'http=example.com:8080'],
    ['http=*:8080', 'http=example.com:9090', null],
    ['http.get=*', 'http=example.com', 'http.get=example.com'],
    ['http=*', 'http=10.0.0.0/8', null],
    ['http=*', 'http=localhost', null],
    ['http=*', 'http=93.184.0.0/16', 'http=93.184.0.0/16'],
    ['http=*', 'http=0.0.0.0/0', null],
    ['http=10.0.0.0/8', 'http=10.1.0.0/16', 'http=10.1.0.0/16'],
    ['http=::1', 'http=*:80', null],
    ['env=*', 'env=HOME', 'env=HOME'],
    ['env=A', 'env=B', null],
    ['time', 'time.now', 'time.now'],
    ['time', 'my.tool', null],
  ])('%s and %s: %s', (a, b, common) => {
    const expected = common === null ? [] : [grant(common)];
    expect(commonGrants([grant(a)], [grant(b)])).toEqual(expected);
    expect(commonGrants([grant(b)], [grant(a)])).toEqual(expected);
  });

  test('never opens a path, a host, an address or a name that one of them keeps closed', () => {
    const request = fc.constantFrom<[string, string]>(
      ['fs.read', 'a/x'], ['fs.read', 'a/b/x'], ['fs.read', '../x'], ['fs.list', 'a/b'], ['fs.write', 'a/x'], ['fs.append', 'a/x'], ['http.get', 'http://example.com/'],
      ['http.get', 'http://www.example.com:8080/'], ['http.get', 'http://localhost/'], ['http.get', 'http://10.1.2.3/'], ['http.get', 'http://10.2.2.3/'], ['http.get', 'http://[::1]/'],
      ['http.request', 'http://93.184.1.1:8080/'], ['env.get', 'HOME'], ['env.get', 'PATH'], ['time.now', ''], ['secret.get', 'key'], ['my.tool', ''],
    );
    const allows = (list: Parameters<typeof coverageOf>[0], [capability, argument]: [string, string]): boolean => coverageOf(list, capability, [argument], BASE).covered;
    fc.assert(
      fc.property(grants, grants, request, (a, b, wanted) => {
        const both = commonGrants(a, b);
        if (allows(both, wanted)) expect(allows(a, wanted) && allows(b, wanted)).toBe(true);
        expect(allows(normalGrants(a), wanted)).toBe(allows(a, wanted));
      }),
      { numRuns: 2000 },
    );
    const address = fc.constantFrom('127.0.0.1', '::1', '10.1.2.3', '10.200.0.1', '93.184.5.5', '8.8.8.8', '169.254.1.1');
    fc.assert(
      fc.property(grants, grants, address, fc.constantFrom(80, 8080), (a, b, text, port) => {
        const both = commonGrants(a, b);
        const [ofA, ofB] = [a, b].map((list) => list.filter((one) => one.capability === '*' || one.capability.startsWith('http')));
        const http = both.filter((one) => one.capability === '*' || one.capability.startsWith('http'));
        if (http.length > 0 && addressRefusal(http, text, port) === null) expect([addressRefusal(ofA!, text, port), addressRefusal(ofB!, text, port)]).toEqual([null, null]);
        if (hostRefusal(http, text, port) === null) expect([hostRefusal(ofA!, text, port), hostRefusal(ofB!, text, port)]).toEqual([null, null]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a policy as text', () => {
  const document = (text: string, file = 'p.json'): Value => {
    const read = readDocument(text, file);
    if (!read.ok) throw new Error(read.error[0]!.message);
    return read.value;
  };

  test('is read from JSON and from RTFS data', () => {
    const json = '{"level": "controlled", "capabilities": ["fs."], "effects": ["fs"], "grants": ["fs.read=data"], "limits": {"time-ms": 50, "string-length": 10}, "isolation": {"allowed": ["inherit"], "minimum": {"fs.": "isolated"}}}';
    const rtfs = '{:level :controlled :capabilities ["fs."] :effects [:fs] :grants ["fs.read=data"] :limits {:time-ms 50 :string-length 10} :isolation {:allowed [:inherit] :minimum {"fs." :isolated}}}';
    const read = readPolicy('p', document(json), GRANT_CONTEXT);
    expect(read).toEqual(readPolicy('p', document(rtfs, 'p.rtfs'), GRANT_CONTEXT));
    expect(read).toEqual({
      ok: true,
      value: {
        name: 'p', description: null,
        context: context('controlled', { capabilities: ['fs.'], effects: ['fs'], grants: [grant('fs.read=data')], limits: { timeMs: 50, kernel: { stringLength: 10 } }, isolation: { allowed: ['inherit'], minimum: [{ capability: 'fs.', level: 'isolated' }] } }),
      },
    });
  });

  test('reads back as what it was', () => {
    fc.assert(
      fc.property(contexts, (one) => {
        const text = policyText({ name: 'p', description: 'some', context: one }, BASE);
        expect(readPolicy('p', document(text), GRANT_CONTEXT)).toEqual({ ok: true, value: { name: 'p', description: 'some', context: one } });
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['{}', ['p: the level is missing']],
    ['[]', ['p: expected a map, got vector', 'p: the level is missing']],
    ['{"level": "ful"}', ['p: level: there is no level "ful"']],
    ['{"level": 1}', ['p: level: expected one of pure, controlled, full, got integer']],
    ['{"level": "full", "capabilites": []}', ['p: there is no key "capabilites"']],
    ['{"level": "full", "limits": {"time": 1, "fuel": 0}}', ['p: limits: there is no key "time"', 'p: limits.fuel: expected a whole number of at least 1, got 0']],
    ['{"level": "full", "limits": {"time-ms": 61000}}', ['p: limits.time-ms: 61000 is above the ceiling of 60000']],
    ['{"level": "full", "grants": ["time", "fs.raed=x"]}', ['p: grants[1]: Cannot grant "fs.raed=x": there is no capability "fs.raed"']],
    ['{"level": "full", "budget": {"calls": -1, "money": 1}}', ['p: budget: there is no key "money"', 'p: budget.calls: expected a whole number of at least 0, got -1']],
    ['{"level": "full", "isolation": {"allowed": ["open"], "minimum": {"fs.": "closed"}}}', ['p: isolation.allowed: there is no isolation "open"', 'p: isolation.minimum.fs.: there is no isolation "closed"']],
    ['{"level": "full", "effects": "fs", "denied-effects": [1]}', ['p: denied-effects[0]: expected a name, got 1']],
    ['{"level": "full", "denied-capabilities": [1]}', ['p: denied-capabilities[0]: expected a name, got 1']],
    ['{"level": "full", "windows": ["08:00-18:00"]}', ['p: windows: expected a map, got vector']],
    ['{"level": "full", "windows": {"http.": ["mon-fri 8:00-18:00", 1]}}', ['p: windows.http.[1]: expected a name, got 1', 'p: windows.http.: expected a window of time, got "mon-fri 8:00-18:00"']],
    ['{"level": "full", "soft-budget": {"call": 1}}', ['p: soft-budget: there is no key "call"']],
    ['{"level": "full", "expose": {}}', ['p: expose: expected a list of names, got map']],
    ['{"level": "full", "description": 1}', ['p: description: expected a string, got integer']],
  ])('%s is refused with everything that is wrong in it', (text, messages) => {
    const read = readPolicy('p', document(text), GRANT_CONTEXT);
    expect(read.ok ? null : read.error.map((one) => one.message)).toEqual(messages);
  });

  test('suggests what was meant', () => {
    const read = readPolicy('p', document('{"level": "full", "capabilites": []}'), GRANT_CONTEXT);
    expect(read.ok ? null : read.error[0]).toMatchObject({ code: 'E0508', help: ['Did you mean capabilities?'] });
  });

  test('has no key twice', () => {
    const read = readPolicy('p', document('{:level :full "level" "pure"}', 'p.edn'), GRANT_CONTEXT);
    expect(read.ok ? null : read.error[0]!.message).toBe('p: the key "level" stands there twice, as a string and as a keyword');
  });

  test('that is no JSON says where', () => {
    expect(readDocument('{"level": }', 'p.json')).toMatchObject({ ok: false, error: [{ code: 'E0503', span: { file: 'p.json', start: 10 } }] });
    expect(readDocument('{:level', 'p.rtfs').ok).toBe(false);
  });
});

test('the limits of the kernel are the least of the context, of its memory and of what was asked for', () => {
  const one = context('controlled', { limits: { memoryBytes: 1000, kernel: { fuel: 50, stringLength: 10_000 } } });
  expect(kernelLimits(one, { fuel: 60, calls: 7 })).toMatchObject({ fuel: 50, calls: 7, stringLength: 500, collectionSize: 125, contextBytes: 1000, depth: 2_000_000 });
  expect(kernelLimits(one, { fuel: 5, stringLength: 3 })).toMatchObject({ fuel: 5, stringLength: 3 });
});
