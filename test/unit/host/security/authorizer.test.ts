import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, PolicyRequest, Reason } from '../../../../src/host/port.ts';
import { type Authority, authorizeCapability, authorizeProgram, validateExecutionContext } from '../../../../src/host/security/authorizer.ts';
import { readConstitution } from '../../../../src/host/security/constitution-text.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { type Denial, denialText, denialValue, readDenial } from '../../../../src/host/security/denial.ts';
import { readDocument } from '../../../../src/host/security/document.ts';
import { authorityOf, grantPolicy, type PolicyData } from '../../../../src/host/security/policy.ts';
import type { ContextParts, Level } from '../../../../src/host/security/runtime-context.ts';
import { secretHandle } from '../../../../src/host/security/secret.ts';
import { decodeValue, encodeValue } from '../../../../src/value/bytes.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { keyword, type Value } from '../../../../src/value/value.ts';
import { BASE, context, grant } from './support.ts';

function authority(level: Level, parts: ContextParts, more: Partial<PolicyData> = {}): Authority {
  return authorityOf({ grants: [], baseDirectory: BASE, context: context(level, parts), contextName: 'the policy p', ...more });
}

function constitution(rules: string): Constitution {
  const document = readDocument(rules, 'c.edn');
  const read = document.ok ? readConstitution('c', document.value) : document;
  if (!read.ok) throw new Error(read.error[0]!.message);
  return read.value;
}

const request = (capability: string, args: readonly Value[] = [], more: Partial<PolicyRequest> = {}): PolicyRequest => ({ capability, args, ...more });
const rules = (reasons: readonly Reason[]): string[] => reasons.map((one) => `${one.rule} ${one.id}`);

describe('a call', () => {
  test('of the three levels is denied, allowed when listed, allowed', () => {
    const grants = [grant('http=*')];
    expect(authorizeCapability(authority('pure', {}, { grants }), request('http.get', ['https://example.com/']))).toMatchObject({ allowed: false, kind: 'security', hint: null, reasons: [{ rule: 'level', id: 'pure' }] });
    expect(authorizeCapability(authority('controlled', { capabilities: ['http.'] }, { grants }), request('http.get', ['https://example.com/']))).toMatchObject({ allowed: true, permissions: grants });
    expect(authorizeCapability(authority('controlled', {}, { grants }), request('http.get', ['https://example.com/']))).toMatchObject({ allowed: false, reasons: [{ rule: 'capability', id: 'http.get' }] });
    expect(authorizeCapability(authority('full', {}), request('http.get', ['http://127.0.0.1/'])).allowed).toBe(true);
  });

  test('makes none at all in the level pure, not even a printed line', () => {
    expect(authorizeCapability(authority('pure', {}), request('io.print', ['x'])).allowed).toBe(false);
    expect(authorizeCapability(authority('full', {}), request('io.print', ['x'])).allowed).toBe(true);
  });

  test.each([
    [['fs.delete'], 'fs.delete', 'fs.delete'],
    [['fs.'], 'fs.delete', 'fs.'],
    [['*.delete'], 'fs.delete', '*.delete'],
    [['*'], 'fs.delete', '*'],
    [['fs.del', 'delete', '*.write'], 'fs.delete', null],
  ])('that %j denies for %s is denied, whatever else allows it', (deniedCapabilities, capability, pattern) => {
    const made = authorizeCapability(authority('full', { deniedCapabilities }), request(capability, ['a']));
    expect(rules(made.reasons.filter((one) => one.rule === 'capability'))).toEqual(pattern === null ? [] : [`capability ${pattern}`]);
    expect(made.allowed).toBe(pattern === null);
    if (pattern !== null) expect(made.reasons[0]).toMatchObject({ source: 'the policy p', message: `the policy p denies it (${pattern})`, cure: `remove "${pattern}" from the "denied-capabilities" of the policy p` });
  });

  describe('that has times', () => {
    // Monday 08:00 to 18:00 on weekdays; nobody knows the time of a request that does not say it.
    const weekdays: ContextParts['windows'] = [{ capability: 'http.', open: [0, 1, 2, 3, 4].map((day) => [day * 1440 + 480, day * 1440 + 1080] as const) }];
    const at = (text: string): number => Date.parse(`${text}:00Z`);
    const ask = (windows: ContextParts['windows'], more: Partial<PolicyRequest>, capability = 'http.get'): ReturnType<typeof authorizeCapability> =>
      authorizeCapability(authority('full', { windows: windows ?? [] }), request(capability, ['https://example.com/'], more));

    test('is allowed in them, and denied outside with the time when it will be allowed', () => {
      expect(ask(weekdays, { atMs: at('2026-11-27T17:59') }).allowed).toBe(true);
      expect(ask(weekdays, { atMs: at('2026-11-27T18:00') })).toMatchObject({
        allowed: false, kind: 'security',
        reasons: [{
          rule: 'window', id: 'http.', source: 'the policy p', message: 'the policy p allows it mon-fri 08:00-18:00 UTC; the next time begins mon 2026-11-30 08:00 UTC',
          cure: 'wait until mon 2026-11-30 08:00 UTC, or change the "windows" of the policy p',
        }],
      });
      expect(ask(weekdays, { atMs: at('2026-11-27T18:00') }, 'time.now').allowed).toBe(true);
    });

    test('is denied when nobody knows the time, and is not asked again while it waits', () => {
      expect(ask(weekdays, {}).reasons[0]?.message).toBe('the policy p allows it mon-fri 08:00-18:00 UTC, and it is not known what time it is');
      expect(ask(weekdays, { atMs: at('2026-11-28T12:00'), isWaiting: true }).allowed).toBe(true);
    });

    test('of several kinds is allowed when all of them are open, and at no time when they never are together', () => {
      const mornings = [...weekdays, { capability: '*.get', open: [[0, 600]] as const }];
      expect(ask(mornings, { atMs: at('2026-11-30T09:59') }).allowed).toBe(true);
      expect(ask(mornings, { atMs: at('2026-11-30T10:00') }).reasons[0]).toMatchObject({ id: '*.get http.', message: 'the policy p allows it mon 08:00-10:00 UTC; the next time begins mon 2026-12-07 08:00 UTC' });
      const never = [...weekdays, { capability: '*', open: [[0, 10]] as const }];
      expect(ask(never, { atMs: at('2026-11-30T00:05') }).reasons[0]).toMatchObject({ message: 'the policy p allows it at no time', cure: 'change the "windows" of the policy p' });
    });
  });

  test('without the effect of it is denied, and the reason names the effect', () => {
    const made = authority('controlled', { capabilities: ['http.'], effects: ['ui'] }, { grants: [grant('http=*')] });
    expect(authorizeCapability(made, request('http.get', ['https://example.com/'])).reasons).toEqual([
      { rule: 'effect', id: 'network', source: 'the policy p', message: 'it has the effect :network, which the policy p does not allow', cure: 'add "network" to the "effects" of the policy p' },
    ]);
  });

  test.each([
    [{ effects: [':network'], deniedEffects: [':NETWORK'] }, false],
    [{ effects: ['NETWORK'] }, true],
    [{ deniedEffects: [' :Network'] }, false],
    [{ deniedEffects: ['network.upload'] }, false],
    [{ deniedEffects: ['fs'] }, true],
    [{ effects: null }, true],
    [{ effects: [] }, false],
  ])('under %j: allowed is %s', (parts, allowed) => {
    expect(authorizeCapability(authority('full', parts), request('http.get', ['https://example.com/'])).allowed).toBe(allowed);
  });

  test.each([
    [{}, true],
    [{ deniedEffects: ['fs'] }, false],
    [{ deniedEffects: ['fs'], effects: ['unknown'] }, true],
    [{ effects: ['network', 'fs', 'ui'] }, false],
  ])('whose effects nobody knows: under %j allowed is %s', (parts, allowed) => {
    expect(authorizeCapability(authority('full', parts), request('shop.order')).allowed).toBe(allowed);
  });

  test('has the effects that it declares, whatever its name says', () => {
    const made = authority('full', { deniedEffects: ['network'] });
    expect(authorizeCapability(made, request('fs.read', ['x'], { effects: [':network'] })).allowed).toBe(false);
    expect(authorizeCapability(made, request('shop.order', [], { effects: ['shop'] })).allowed).toBe(true);
  });

  test('is made from a step that is closed enough', () => {
    const made = authority('full', { isolation: { allowed: ['inherit'], minimum: [{ capability: 'http.', level: 'isolated' }] } });
    const at = (isolation: PolicyRequest['isolation']) => authorizeCapability(made, request('http.get', ['https://example.com/'], isolation === undefined ? {} : { isolation }));
    expect(at(undefined).reasons.map((one) => one.message)).toEqual(['its step must be :isolated, and is :inherit']);
    expect(at('isolated').allowed).toBe(true);
    expect(at('sandboxed').allowed).toBe(true);
  });

  test('from a step that is more open than recommended carries a warning, or is denied', () => {
    const made = authority('full', {});
    expect(authorizeCapability(made, request('fs.delete', ['x'], { isolation: 'isolated' }))).toMatchObject({ allowed: true, reasons: [{ rule: 'recommended', id: 'sandboxed' }] });
    expect(authorizeCapability({ ...made, strict: true }, request('fs.delete', ['x'], { isolation: 'isolated' }))).toMatchObject({ allowed: false, reasons: [{ rule: 'recommended', id: 'sandboxed' }] });
    expect(authorizeCapability({ ...made, strict: true }, request('fs.delete', ['x'], { isolation: 'sandboxed' }))).toMatchObject({ allowed: true, reasons: [] });
    expect(authorizeCapability({ ...made, strict: true }, request('fs.read', ['x'])).allowed).toBe(true);
  });

  test('is told everything that speaks against it', () => {
    const made = authority('controlled', { capabilities: ['io.'], effects: ['ui'], isolation: { allowed: [], minimum: [{ capability: 'fs.', level: 'sandboxed' }] } }, {
      constitution: constitution('{:rules [{:id "r1" :on :call :then :deny :capability "fs.*" :reason "no files"}]}'),
    });
    expect(rules(authorizeCapability(made, request('fs.delete', ['x'])).reasons)).toEqual(['constitution r1', 'capability fs.delete', 'effect fs.write', 'isolation sandboxed', 'grant null']);
  });

  test('keeps the error of its arguments when nothing else is wrong', () => {
    expect(authorizeCapability(authority('full', {}), request('fs.read', [42]))).toMatchObject({ allowed: false, kind: 'type', hint: null });
  });

  test('needs both the grant of the flags and the ceiling of the policy', () => {
    const made = (grants: string[]) => authority('controlled', { capabilities: ['fs.'], grants: [grant('fs.read=a')] }, { grants: grants.map(grant) });
    expect(authorizeCapability(made([]), request('fs.read', ['a/x'])).allowed).toBe(true);
    expect(authorizeCapability(made([]), request('fs.read', ['b/x']))).toMatchObject({ allowed: false, hint: 'fs.read=b' });
    expect(authorizeCapability(made(['fs.read=b']), request('fs.read', ['b/x'])).allowed).toBe(true);
    expect(authorizeCapability(made(['time']), request('time.now')).allowed).toBe(false);
  });
});

describe('secrets in arguments', () => {
  const made = authority('full', { grants: [] }, { grants: [grant('http=*'), grant('secret=key'), grant('my.tool')] });
  const call = (capability: string, name: string, takesSecrets: boolean) => authorizeCapability(made, request(capability, ['https://example.com/', headers(name)], { takesSecrets }));
  const headers = (name: string): Value => MapValue.of(keyword('headers'), MapValue.of('authorization', secretHandle(name)));

  test('go where they are taken and granted', () => {
    expect(call('http.get', 'key', true).allowed).toBe(true);
  });

  test('are refused where nobody says that they are taken', () => {
    expect(call('my.tool', 'key', false).reasons).toEqual([{ rule: 'secret', id: 'key', source: 'my.tool', message: 'it takes no secrets, and its arguments hold the secret "key"', cure: null }]);
    expect(authorizeCapability(made, request('io.print', [secretHandle('key')])).allowed).toBe(false);
  });

  test('that are not granted are refused, however the handle was made', () => {
    expect(call('http.get', 'other', true).reasons).toMatchObject([{ rule: 'secret', id: 'other', cure: '--allow secret=other' }]);
  });

  test('are no variables', () => {
    const all = authority('full', {});
    expect(authorizeCapability(all, request('env.get', ['RTFS_SECRET_KEY']))).toMatchObject({ allowed: false, hint: null, reasons: [{ rule: 'grant', message: 'the variable "RTFS_SECRET_KEY" holds a secret (call :secret.get for a handle)' }] });
    expect(authorizeCapability(all, request('env.get', ['HOME'])).allowed).toBe(true);
  });
});

describe('the constitution', () => {
  const withRules = (text: string, level: Level = 'full'): Authority => authority(level, {}, { constitution: constitution(text) });

  test('denies whatever is granted, with the id of the rule', () => {
    const made = withRules('{:rules [{:id "keep" :on :call :then :deny :capability "fs.delete" :reason "files are kept"}]}');
    expect(authorizeCapability(made, request('fs.delete', ['x'])).reasons).toEqual([{ rule: 'constitution', id: 'keep', source: 'the constitution c', message: 'rule keep: files are kept', cure: null }]);
    expect(authorizeCapability(made, request('fs.read', ['x'])).allowed).toBe(true);
  });

  test('grants nothing', () => {
    const made = { ...withRules('{:rules [{:id "all" :on :call :then :allow :reason "everything"}]}'), context: context('full', { grants: [] }) };
    expect(authorizeCapability(made, request('fs.read', ['x'])).allowed).toBe(false);
  });

  test('asks a person for what is granted, and only for that', () => {
    const made = withRules('{:rules [{:id "ask" :on :call :then :require-approval :capability "my.*" :args {"0.amount" {:min 1000}} :reason "much money" :question "Really?"}]}');
    const large = decide(made, 'my.tool', [amount(1000)]);
    expect(large).toMatchObject({ allowed: false, kind: 'security', reason: 'rule ask: much money', hint: null, approval: { rule: 'ask', question: 'Really?' } });
    expect(decide(made, 'my.tool', [amount(999)]).allowed).toBe(true);
    expect(decide({ ...made, context: context('full', { grants: [] }) }, 'my.tool', [amount(1000)])).not.toHaveProperty('approval');
  });

  test('says what it says of everything else', () => {
    const made = withRules('{:otherwise {:call :deny} :rules [{:id "ok" :on :call :then :allow :capability "my.*" :reason "ours"}]}');
    expect(decide(made, 'my.tool', []).allowed).toBe(true);
    expect(decide(made, 'time.now', [])).toMatchObject({ allowed: false, reason: 'no rule of it allows this' });
  });

  const amount = (value: number): Value => {
    const read = readDocument(`{:amount ${value}}`, 'x.edn');
    return read.ok ? read.value : null;
  };

  function decide(made: Authority, capability: string, args: readonly Value[]): Decision {
    const { context: one, constitution: rules, baseDirectory } = made;
    return grantPolicy({ grants: [], baseDirectory, context: one, constitution: rules }).decide({ capability, args });
  }
});

describe('a program', () => {
  const facts = { hash: 'a'.repeat(64), provenance: 'plans/x.rtfs' };

  test('may be started when its effects are allowed', () => {
    expect(authorizeProgram(authority('controlled', { effects: ['fs', 'ui'] }), { ...facts, effects: ['fs.read', 'UI'] }).allowed).toBe(true);
    expect(authorizeProgram(authority('controlled', { effects: ['fs'] }), { ...facts, effects: ['network'] })).toMatchObject({ allowed: false, permissions: [], reasons: [{ rule: 'effect', id: 'network' }] });
    expect(authorizeProgram(authority('pure', {}), { ...facts, effects: [] }).allowed).toBe(true);
    expect(authorizeProgram(authority('pure', {}), { ...facts, effects: ['ui'] })).toMatchObject({ allowed: false, reasons: [{ rule: 'level' }] });
  });

  test('whose effects were not found out is started: each of its calls is decided by itself', () => {
    expect(authorizeProgram(authority('controlled', { effects: [] }), { ...facts, effects: null }).allowed).toBe(true);
  });

  test('is judged by its hash and by where it comes from', () => {
    const rules = constitution('{:otherwise {:program :deny} :rules [{:id "ours" :on :program :then :allow :provenance "plans/*" :reason "ours"} {:id "bad" :on :program :then :deny :hash "b*" :reason "withdrawn"}]}');
    const made = authority('full', {}, { constitution: rules });
    expect(authorizeProgram(made, { ...facts, effects: null }).allowed).toBe(true);
    expect(authorizeProgram(made, { ...facts, effects: null, provenance: 'elsewhere/x.rtfs' }).allowed).toBe(false);
    expect(authorizeProgram(made, { ...facts, effects: null, hash: 'b'.repeat(64) }).reasons).toMatchObject([{ rule: 'constitution', id: 'bad', message: 'rule bad: withdrawn' }]);
  });
});

describe('what is needed of a context', () => {
  const made = authority('controlled', { capabilities: ['fs.'], effects: ['fs'], limits: { timeMs: 100, memoryBytes: 1000 }, isolation: { allowed: ['inherit'], minimum: [] } });

  test('is there', () => {
    expect(validateExecutionContext(made, {})).toMatchObject({ allowed: true, reasons: [] });
    expect(validateExecutionContext(made, { level: 'controlled', capabilities: ['fs.read', 'io.print'].slice(0, 1), effects: ['fs.read'], isolation: ['inherit'], timeMs: 100, memoryBytes: 1000 }).allowed).toBe(true);
  });

  test('is missing, and said one by one', () => {
    const needs = { level: 'full', capabilities: ['http.get'], effects: ['network'], isolation: ['sandboxed'], timeMs: 101, memoryBytes: 1001 } as const;
    expect(rules(validateExecutionContext(made, needs).reasons)).toEqual(['level full', 'capability http.get', 'effect network', 'isolation sandboxed', 'limit time-ms', 'limit memory-bytes']);
  });
});

describe('why a call was denied', () => {
  const reasons: Reason[] = [
    { rule: 'capability', id: 'fs.read', source: 'the policy networking', message: 'the policy networking does not allow it', cure: 'add "fs.read" to it' },
    { rule: 'constitution', id: 'r1', source: 'the constitution c', message: 'rule r1: no files', cure: null },
  ];
  const denial: Denial = { call: '3', capability: 'fs.read', step: 'root/a', reasons };

  test('is told with the rule, where it stands and what would help', () => {
    expect(denialText(denial)).toBe(
      [
        ':fs.read was denied (call 3, step root/a)',
        '  capability: the policy networking does not allow it',
        '    decided by the policy networking',
        '    to allow it: add "fs.read" to it',
        '  constitution: rule r1: no files',
        '    decided by the constitution c',
        '    nothing that could be granted allows it',
        '  All of these stand against it: each has to be mended.',
        '',
      ].join('\n'),
    );
    expect(denialText({ ...denial, reasons: [{ ...reasons[1]!, message: 'the key :token is not shown' }] })).toContain('    decided by the constitution c, rule r1\n');
    expect(denialText({ ...denial, step: null, reasons: reasons.slice(0, 1) })).toBe(':fs.read was denied (call 3)\n  capability: the policy networking does not allow it\n    decided by the policy networking\n    to allow it: add "fs.read" to it\n');
  });

  test('is kept as a value', () => {
    const text = fc.string();
    const reason: fc.Arbitrary<Reason> = fc.record({ rule: fc.constantFrom('grant', 'effect'), id: fc.option(text), source: text, message: text, cure: fc.option(text) });
    const any: fc.Arbitrary<Denial> = fc.record({ call: text, capability: fc.stringMatching(/^[a-z.]+$/), step: fc.option(text), reasons: fc.array(reason, { maxLength: 3 }) });
    fc.assert(
      fc.property(any, (one) => {
        const bytes = decodeValue(encodeValue(denialValue(one)));
        expect(bytes.ok && readDenial(bytes.value)).toEqual(one);
      }),
    );
    expect(readDenial(null)).toBe(null);
    expect(readDenial(denialValue(denial).delete(denialValue(denial).keys()[0]!))).toBe(null);
  });
});
