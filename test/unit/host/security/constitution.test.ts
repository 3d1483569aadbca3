import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Constitution, ruleOn, type Subject, VERDICTS } from '../../../../src/host/security/constitution.ts';
import { constitutionValue, readConstitution } from '../../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../../src/host/security/document.ts';
import { readValue } from '../../../../src/parser/datum.ts';
import type { Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';

function problems(text: string, file = 'c.edn'): readonly string[] {
  const document = readDocument(text, file);
  if (!document.ok) throw new Error(document.error[0]!.message);
  const read = readConstitution('c', document.value);
  return read.ok ? [] : read.error.map((one) => one.message);
}

function constitution(text: string, file = 'c.edn'): Constitution {
  const document = readDocument(text, file);
  if (!document.ok) throw new Error(document.error[0]!.message);
  const read = readConstitution('c', document.value);
  if (!read.ok) throw new Error(read.error[0]!.message);
  return read.value;
}

/** One rule that denies; `rest` are its conditions. */
const denying = (on: string, rest: string, more = ''): Constitution => constitution(`{:tags {"secret" ["token" "*-password"]} ${more} :rules [{:id "r" :on ${on} :then :deny :reason "no" ${rest}}]}`);

function args(text: string): readonly Value[] {
  const read = readValue(`[${text}]`);
  if (!read.ok || !(read.value instanceof Vector)) throw new Error('no arguments');
  return read.value.toArray();
}

const call = (more: Partial<Extract<Subject, { on: 'call' }>> = {}): Subject => ({ on: 'call', capability: 'shop.order', effects: ['shop'], args: [], resource: null, isolation: 'inherit', derivedFrom: [], ...more });
const merge = (more: Partial<Extract<Subject, { on: 'merge' }>> = {}): Subject => ({ on: 'merge', keys: [], isolation: 'sandboxed', from: 'root/a', into: 'root', ...more });
const verdict = (rules: Constitution, subject: Subject): string => ruleOn(rules, subject).verdict;

describe('a rule on calls', () => {
  test.each([
    [':capability "shop.*"', {}, 'deny'],
    [':capability ["fs.*" "shop.order"]', {}, 'deny'],
    [':capability "shop"', {}, 'allow'],
    [':capability "*"', {}, 'deny'],
    ['', {}, 'deny'],
    [':effects [:SHOP]', {}, 'deny'],
    [':effects [:shop.order]', {}, 'deny'],
    [':effects [:network]', {}, 'allow'],
    [':isolation [:sandboxed]', {}, 'allow'],
    [':isolation [:sandboxed]', { isolation: 'sandboxed' as const }, 'deny'],
    [':resource "/etc/*"', { resource: '/etc/passwd' }, 'deny'],
    [':resource "/etc/*"', { resource: '/home/etc/x' }, 'allow'],
    [':resource "*"', { resource: null }, 'allow'],
    [':derived-from ["token"]', { derivedFrom: ['token'] }, 'deny'],
    [':derived-from ["#secret"]', { derivedFrom: ['a', 'db-password'] }, 'deny'],
    [':derived-from ["#secret"]', { derivedFrom: ['a', 'password'] }, 'allow'],
    [':capability "shop.*" :effects [:network]', {}, 'allow'],
  ])('%s: %j is a reason to %s', (rest, subject, expected) => {
    expect(verdict(denying(':call', rest), call(subject))).toBe(expected);
  });

  test('names the keys because of which it denies', () => {
    expect(ruleOn(denying(':call', ':derived-from ["#secret" "b"]'), call({ derivedFrom: ['token', 'a', 'b'] }))).toMatchObject({ verdict: 'deny', keys: ['b', 'token'], rule: { id: 'r' } });
  });
});

describe('a rule on arguments', () => {
  test.each([
    ['{"0" "a*"}', '"abc"', true],
    ['{"0" "a*"}', ':abc', true],
    ['{"0" "a*"}', '"b"', false],
    ['{"0" "a*"}', '', false],
    ['{"1" "a"}', '"a" "a"', true],
    ['{"0.url" "https://*"}', '{:url "https://x"}', true],
    ['{"0.url" "https://*"}', '{"url" "https://x"}', true],
    ['{"url" "https://*"}', '{:url "https://x"}', true],
    ['{"url" "https://*"}', ':method "GET" :url "https://x"', true],
    ['{"url" "https://*"}', '"https://x"', false],
    ['{"0.items.*" "bad"}', '{:items ["good" "bad"]}', true],
    ['{"0.items.1" "bad"}', '{:items ["good" "bad"]}', true],
    ['{"0.items.2" "bad"}', '{:items ["good" "bad"]}', false],
    ['{"0.a.b.c" "x"}', '{:a {:b {:c "x"}}}', true],
    ['{"0" {:min 10}}', '10', true],
    ['{"0" {:min 10}}', '9.5', false],
    ['{"0" {:min 10 :max 20}}', '15', true],
    ['{"0" {:max 20}}', '20.5', false],
    ['{"0" {:min 10.5}}', '10.0', false],
    ['{"0" {:min 10}}', '100000000000000000000000', true],
    ['{"0" {:present false}}', '', true],
    ['{"0" {:present false}}', 'nil', false],
    ['{"0" {:present true}}', 'nil', true],
    ['{"0" "a" "1" "b"}', '"a" "b"', true],
    ['{"0" "a" "1" "b"}', '"a" "c"', false],
    ['{"0" "[1 2]"}', '[1 2]', true],
  ])('%s matches (%s): %s', (rule, text, matches) => {
    expect(verdict(denying(':call', `:args ${rule}`), call({ args: args(text) }))).toBe(matches ? 'deny' : 'allow');
  });

  test('that cannot compare stands against the call', () => {
    const rules = (then: string): Constitution => constitution(`{:otherwise {:call :deny} :rules [{:id "r" :on :call :then ${then} :reason "r" :args {"0" {:min 10}}}]}`);
    for (const amount of ['"1000"', 'nil', '[]', ':much']) {
      expect(ruleOn(rules(':require-approval'), call({ args: args(amount) })).verdict).toBe('require-approval');
      expect(ruleOn(rules(':allow'), call({ args: args(amount) })).verdict).toBe('deny');
    }
    expect(ruleOn(rules(':allow'), call({ args: args('10') })).verdict).toBe('allow');
  });

  test('that allows wants every place where the argument stands', () => {
    const rules = constitution('{:otherwise {:call :deny} :rules [{:id "r" :on :call :then :allow :reason "r" :args {"url" "https://good/*"}}]}');
    expect(verdict(rules, call({ args: args('{:url "https://good/x"}') }))).toBe('allow');
    expect(verdict(rules, call({ args: args('{:url "https://good/x" "url" "https://evil/"}') }))).toBe('deny');
  });
});

describe('a rule on merges', () => {
  test.each([
    [':keys ["#secret"]', { keys: [{ key: 'token', sources: [] }] }, 'deny'],
    [':keys ["#secret"]', { keys: [{ key: 'b', sources: ['token'] }] }, 'deny'],
    [':keys ["#secret"]', { keys: [{ key: 'b', sources: ['a'] }] }, 'allow'],
    [':keys ["#secret"]', { keys: [] }, 'allow'],
    [':keys ["#secret"] :isolation [:sandboxed]', { keys: [{ key: 'token', sources: [] }], isolation: 'inherit' as const }, 'allow'],
    [':keys ["*"] :from "root/a*"', { keys: [{ key: 'x', sources: [] }] }, 'deny'],
    [':keys ["*"] :from "root/b*"', { keys: [{ key: 'x', sources: [] }] }, 'allow'],
    [':into "root"', {}, 'deny'],
    [':into "root/*"', {}, 'allow'],
  ])('%s: %j is a reason to %s', (rest, subject, expected) => {
    expect(verdict(denying(':merge', rest), merge(subject))).toBe(expected);
  });

  test('names the keys, by the names under which they move', () => {
    expect(ruleOn(denying(':merge', ':keys ["#secret"]'), merge({ keys: [{ key: 'z', sources: ['token'] }, { key: 'a', sources: [] }, { key: 'db-password', sources: [] }] })).keys).toEqual(['db-password', 'z']);
  });

  test('says nothing about calls', () => {
    expect(verdict(denying(':merge', ''), call())).toBe('allow');
  });
});

test('a rule on what capabilities see looks at keys and capability', () => {
  const rules = denying(':expose', ':keys ["#secret"] :capability "audit.*"');
  const expose = (key: string, capability: string): Subject => ({ on: 'expose', keys: [{ key, sources: [] }], isolation: 'inherit', capability });
  expect([verdict(rules, expose('token', 'audit.log')), verdict(rules, expose('token', 'fs.read')), verdict(rules, expose('a', 'audit.log'))]).toEqual(['deny', 'allow', 'allow']);
});

test('denying wins over asking, asking over allowing, allowing over what is said of everything else', () => {
  const verdicts = fc.constantFrom(...VERDICTS);
  fc.assert(
    fc.property(fc.array(verdicts, { maxLength: 6 }), fc.option(verdicts), (thens, otherwise) => {
      const rules = thens.map((then, i) => `{:id "r${i}" :on :call :then :${then} :reason "r"}`).join(' ');
      const made = constitution(`{${otherwise === null ? '' : `:otherwise {:call :${otherwise}}`} :rules [${rules}]}`);
      const expected = VERDICTS.find((one) => thens.includes(one)) ?? otherwise ?? 'allow';
      const ruling = ruleOn(made, call());
      expect(ruling.verdict).toBe(expected);
      expect(ruling.rule?.id ?? null).toBe(thens.length === 0 ? null : `r${thens.indexOf(expected)}`);
    }),
  );
});

describe('a constitution as text', () => {
  test('means the same in JSON', () => {
    const json = '{"tags": {"secret": ["token"]}, "otherwise": {"merge": "deny"}, "rules": [{"id": "r", "on": "call", "then": "deny", "capability": "fs.*", "args": {"0": "x", "1.n": {"min": 1}}, "derived-from": "#secret", "reason": "no"}]}';
    const rtfs = '{:tags {:secret [:token]} :otherwise {:merge :deny} :rules [{:id "r" :on :call :then :deny :capability "fs.*" :args {"0" "x" "1.n" {:min 1}} :derived-from "#secret" :reason "no"}]}';
    expect(constitution(json, 'c.json')).toEqual(constitution(rtfs));
  });

  test.each([
    ['{}', ['c: there are no rules']],
    ['{:rules {}}', ['c: rules: expected a list of maps, got map']],
    ['{:rules [{}]}', ['"id"', '"on"', '"then"', '"reason"'].map((name) => `c: rules[0]: ${name} is missing`)],
    ['{:rules [{:id "a" :on :cal :then :deny :reason ""}]}', ['c: rules[0].on: there is no subject "cal"']],
    ['{:rules [{:id "a" :on :call :then :forbid :reason ""}]}', ['c: rules[0].then: there is no verdict "forbid"']],
    ['{:rules [{:id "a" :on :call :then :deny :reason "" :capabilty "x"}]}', ['c: rules[0]: there is no key "capabilty"']],
    ['{:rules [{:id "a" :on :merge :then :deny :reason "" :args {}}]}', ['c: rules[0].args: a rule on merge does not look at it']],
    ['{:rules [{:id "a" :on :call :then :deny :reason ""} {:id "a" :on :call :then :deny :reason ""}]}', ['c: rules[1].id: there is another rule "a"']],
    ['{:rules [{:id "a" :on :merge :then :deny :reason "" :keys ["#secrte"]}]}', ['c: rules[0].keys: there is no tag "#secrte"']],
    ['{:rules [{:id "a" :on :call :then :deny :reason "" :args {"0" {:min "1" :mx 2}}}]}', ['c: rules[0].args.0: there is no key "mx"', 'c: rules[0].args.0.min: expected a number']],
    ['{:rules [{:id "a" :on :call :then :deny :reason "" :args {"0..a" "x"}}]}', ['c: rules[0].args.0..a: there is an empty name in the path of an argument']],
    ['{:rules [] :otherwise {:calls :deny}}', ['c: otherwise: there is no key "calls"']],
    ['{:rules [] :otherwise {:call :no}}', ['c: otherwise.call: there is no verdict "no"']],
  ])('%s is refused with what is wrong in it', (text, messages) => {
    expect(problems(text)).toEqual(messages);
  });
});

test('a constitution is read back from its document as it was', () => {
  const rules = constitution(`{:tags {"secret" ["token" "*-key"] "none" []} :otherwise {:merge :deny :expose :require-approval}
    :rules [
      {:id "a" :on :call :then :deny :reason "no" :capability ["fs.*"] :effects [:fs] :args {"0.path" "/etc/*" "amount" {:min 2 :max 2.5} "x" {:present false}} :isolation [:sandboxed] :derived-from ["#secret"] :resource "*.org"}
      {:id "b" :on :merge :then :require-approval :reason "ask" :question "Well?" :keys ["#secret" "b"] :from "root/*" :into "root"}
      {:id "c" :on :expose :then :allow :reason "yes" :keys ["c"] :capability "look"}
      {:id "d" :on :program :then :deny :reason "no" :hash "ab*" :provenance ["x"]}]}`);
  expect(readConstitution('c', constitutionValue(rules))).toEqual({ ok: true, value: rules });
});
