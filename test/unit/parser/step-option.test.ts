/** What is said about the options of steps: which part is marked, what should stand there, what was probably meant. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts';
import { arrange } from '../../../src/diagnostic/order.ts';
import { renderDiagnostics } from '../../../src/diagnostic/render.ts';
import { compile } from '../../../src/host/compile.ts';
import { testEnvironment } from '../../support/environment.ts';
import { expectGolden } from '../../support/golden.ts';

const environment = testEnvironment();

function findings(text: string): readonly Diagnostic[] {
  return arrange(compile(environment, { file: 'plan.rtfs', text }, { lint: true, variables: ['*n*'] }).diagnostics);
}

/** Code, what is marked, message and help, each finding in one line. */
function shown(text: string): readonly string[] {
  return findings(text).map(({ code, span, message, help }) => `${code} ${text.slice(span!.start, span!.end)} | ${message} | ${help.join(' / ')}`);
}

const RETRY_KEYS = '`:max` `:backoff-ms` `:factor` `:max-backoff-ms` `:jitter` `:retry-on`';

describe('a wrong part of a value is marked', () => {
  test.each<[string, readonly string[]]>([
    ['(step "a" :retries {:max 2 :back-off-ms 3} 1)', ['E0219 :back-off-ms | `:retries` cannot have the key `:back-off-ms` | did you mean `:backoff-ms`?']],
    ['(step "a" :retries {:pause 3} 1)', [`E0219 :pause | \`:retries\` cannot have the key \`:pause\` | its keys are ${RETRY_KEYS}`]],
    ['(step "a" :retries {"max" 3} 1)', ['E0219 "max" | `:retries` cannot have the key `"max"` | did you mean `:max`?']],
    ['(step "a" :retries {:max -1} 1)', ['E0219 -1 | `:max` of `:retries` must be an integer of at least 0 | ']],
    ['(step "a" :retries {:max *n* :factor 0} 1)', ['E0219 0 | `:factor` of `:retries` must be a number of at least 1 | ']],
    ['(step "a" :retries {:mx *n*} 1)', ['E0219 :mx | `:retries` cannot have the key `:mx` | did you mean `:max`?']],
    ['(step "a" :retries {:max -1 :jitter 2} 1)', ['E0219 -1 | `:max` of `:retries` must be an integer of at least 0 | ', 'E0219 2 | `:jitter` of `:retries` must be a number from 0 to 1 | ']],
    ['(step "a" :retries {:backoff-ms [5 "x"]} 1)', ['E0219 "x" | element 2 of `:backoff-ms` of `:retries` must be an integer of at least 0 | ']],
    ['(step "a" :retries {:backoff-ms []} 1)', ['E0219 [] | `:backoff-ms` of `:retries` must be an integer of at least 0, or a vector of some | ']],
    ['(step "a" :retries {:retry-on :host} 1)', ['E0219 :host | `:retry-on` of `:retries` must be a vector of kinds, for instance `[:host]` | ']],
    ['(step "a" :retries {:retry-on "x"} 1)', ['E0219 "x" | `:retry-on` of `:retries` must be a vector of kinds, for instance `[:host]` | ']],
    ['(step "a" :context-keys [:a 5] 1)', ['E0219 5 | element 2 of `:context-keys` must be a keyword, a string or a symbol | ']],
    ['(step "a" :requires {:user 5} 1)', ['E0219 5 | `:user` of `:requires` must be a map that describes the key, or a type | ']],
    ['(step "a" :merge-policy {:keys {:a :mrege}} 1)', ['E0219 :mrege | `:a` of `:keys` of `:merge-policy` must be `:keep-existing`, `:overwrite`, `:merge`, `:merge3`, or a function | did you mean `:merge`?']],
    ['(step "a" :merge-policy {:keys {5 :merge}} 1)', ['E0219 5 | `:keys` of `:merge-policy` cannot have the key `5` | its keys are keywords, strings or symbols']],
    ['(step "a" :merge-policy {:defalt :merge :keys {:a *n*}} 1)', ['E0219 :defalt | `:merge-policy` cannot have the key `:defalt` | did you mean `:default`?']],
    ['(step "a" :timeout-ms {:a 1 :b 2} 1)', ['E0219 {:a 1 :b 2} | the option `:timeout-ms` of `step` must be an integer greater than 0 | ']],
    ['(step "a" :isolation {} 1)', ['E0219 {} | the option `:isolation` of `step` must be `:inherit`, `:isolated` or `:sandboxed` | ']],
  ])('%s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });
});

describe('a word that is nearly right is suggested', () => {
  const POLICIES = '`:keep-existing`, `:overwrite`, `:merge`, `:merge3`, a map with `:keys` and `:default`, or a function';
  test.each<[string, readonly string[]]>([
    ['(step "a" :merge-policy :merg 1)', [`E0219 :merg | the option \`:merge-policy\` of \`step\` must be ${POLICIES} | did you mean \`:merge\`?`]],
    ['(step-parallel :on-error :best-efort 1)', ['E0219 :best-efort | the option `:on-error` of `step-parallel` must be `:fail-fast` or `:best-effort` | did you mean `:best-effort`?']],
    ['(step-parallel :on-error "fail-fast" 1)', ['E0219 "fail-fast" | the option `:on-error` of `step-parallel` must be `:fail-fast` or `:best-effort` | did you mean `:fail-fast`?']],
    ['(step "a" :retry 3 1)', ['E0219 :retry | `step` has no option `:retry` | did you mean `:retries`?']],
    ['(step "a" :timeout 3 1)', ['E0219 :timeout | `step` has no option `:timeout` | did you mean `:timeout-ms`?']],
    ['(step-parallel :concurrency 3 1)', ['E0219 :concurrency | `step-parallel` has no option `:concurrency` | did you mean `:max-concurrency`?']],
    ['(step "charge" :retry-on [:host] 1)', ['E0219 :retry-on | `step` has no option `:retry-on` | `:retry-on` belongs into `:retries {…}`']],
    ['(step "charge" :max 1 1)', ['E0219 :max | `step` has no option `:max` | `:max` belongs into `:retries {…}`']],
    ['(step "charge" :backoff-ms 1 1)', ['E0219 :backoff-ms | `step` has no option `:backoff-ms` | `:backoff-ms` belongs into `:retries {…}`']],
    ['(step "charge" :factor 1 1)', ['E0219 :factor | `step` has no option `:factor` | `:factor` belongs into `:retries {…}`']],
    ['(step "charge" :jitter 1 1)', ['E0219 :jitter | `step` has no option `:jitter` | `:jitter` belongs into `:retries {…}`']],
    ['(step-loop :max 3 [x [1]] x)', ['E0219 :max | `step-loop` has no option `:max` | `:max` belongs into `:retries {…}` / did you mean `:max-iterations`?']],
    ['(step "a" :isolation :locked 1)', ['E0219 :locked | the option `:isolation` of `step` must be `:inherit`, `:isolated` or `:sandboxed` | ']],
  ])('%s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });
});

describe('names that only steps bind', () => {
  test.each<[string, string, RegExp]>([
    ['(step "a" %error)', '%error', /bound in the `:on-fail` of a step/],
    ['(step "a" :on-fail 1 :compensate %error 2)', '%error', /bound in the `:on-fail` of a step/],
    ['(step "a" %result)', '%result', /bound in the `:compensate` of a step/],
    ['(step "a" :timeout-ms (:ms %params) 1)', '%params', /bound in the body of a step with `:params \{…\}`/],
  ])('%s', (text, name, help) => {
    const found = findings(text);
    expect(found.map(({ code, span }) => `${code} ${text.slice(span!.start, span!.end)}`)).toEqual([`E0201 ${name}`]);
    expect(found[0]!.help).toEqual([expect.stringMatching(help)]);
  });

  test.each(['(step "a" :params {:n 1} :on-fail [%error %params] :compensate [%result %params] %params)', '(step "a" :params {:n 1} (step "b" %params))'])('%s', (text) => {
    expect(findings(text)).toEqual([]);
  });
});

describe('warnings', () => {
  const LATE = 'options stand before the body; move it and its value there';
  const NOTHING = '`:min-success` means nothing without `:on-error :best-effort` | as it is, the first branch that fails decides; add `:on-error :best-effort`, or remove `:min-success`';
  const ALWAYS = 'so many cannot succeed: the step would always fail';
  test.each<[string, readonly string[]]>([
    ['(step "a" 1 :retries 2)', [`W0608 :retries | \`:retries\` stands in the body, where it is no option | ${LATE}`]],
    ['(step "a" :timeout-ms 5 (inc 1) :retries 2 :on-fail 3)', [
      `W0608 :retries | \`:retries\` stands in the body, where it is no option | ${LATE}`, `W0608 :on-fail | \`:on-fail\` stands in the body, where it is no option | ${LATE}`,
    ]],
    ['(step "a" 1 :retries)', []],
    ['(step "a" :compensate)', ['W0609 :compensate | `:compensate` has no value, so it is the body and no option | write its value after it; when the keyword is meant, `(do :compensate)`']],
    ['(step "a" :timeout-ms 5 :retries)', ['W0609 :retries | `:retries` has no value, so it is the body and no option | write its value after it; when the keyword is meant, `(do :retries)`']],
    ['(step "a" (do :compensate))', []],
    ['(step "a" :done)', []],
    ['(step "a" :max-iterations)', []],
    ['(step "a" :on-fail :retri 1)', ['W0611 :retri | with `:on-fail :retri` a failure has the value `:retri` | did you mean `:retry`?']],
    ['(step "a" :on-fail :delegat 1)', ['W0611 :delegat | with `:on-fail :delegat` a failure has the value `:delegat` | did you mean `:delegate`?']],
    ['(step "a" :on-fail (do :retri) 1)', []],
    ['(step "a" :on-fail :unavailable 1)', []],
    ['(step "a" 1 :owner 2)', []],
    ['(step "a" 1 {:retries 2})', []],
    ['(step-parallel :a :b)', []],
    ['(step-parallel :min-success 1 1 2)', [`W0609 1 | ${NOTHING}`]],
    ['(step-parallel :on-error :fail-fast :min-success 1 1 2)', [`W0609 1 | ${NOTHING}`]],
    ['(step-parallel :on-error *n* :min-success 1 1 2)', []],
    ['(step-parallel :on-error :best-effort :min-success 2 1 2)', []],
    ['(step-parallel :on-error :best-effort :min-success 3 1 2)', [`E0219 3 | \`:min-success\` is 3, and there are 2 branches | ${ALWAYS}`]],
    ['(step-parallel :on-error :best-effort :min-success 2 1)', [`E0219 2 | \`:min-success\` is 2, and there is 1 branch | ${ALWAYS}`]],
    ['(step-parallel :merge-policy :merge 1)', []],
    ['(step "a" :retries {:retry-on [:hots :error/timout "host" :busy :my/hots]} 1)', [
      'W0610 :hots | the language raises no errors of the kind `hots` | did you mean `:host`?',
      'W0610 :error/timout | the language raises no errors of the kind `error/timout` | did you mean `:timeout`?',
    ]],
    ['(step "a" :retries {:max *n* :retry-on ["securty"]} 1)', ['W0610 "securty" | the language raises no errors of the kind `securty` | did you mean `:security`?']],
  ])('%s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });
});

test('everything that is wrong with the steps of a plan is found in one run', () => {
  const text = '(step "a" :isolation :locked 1)\n(step "b" :no-such 1 2)\n(step "c" 1)\n(step "c" 2)\n(step "d" :merge-policy :sideways 3)\n';
  expect(findings(text).map(({ code, severity, span }) => `${severity} ${code} ${text.slice(span!.start, span!.end)}`)).toEqual([
    'error E0219 :locked',
    'error E0219 :no-such',
    'warning W0603 (step "c" 2)',
    'error E0219 :sideways',
  ]);
});

describe('the messages about steps read well', () => {
  const DIRECTORY = 'diagnostics/steps';
  const SOURCES: Readonly<Record<string, readonly string[]>> = {
    'option-names': [
      '(step "charge" :retry 3 :retry-on [:host]\n  (call :bank.charge))\n',
      '(step-loop :max 3 [x [1 2]] x)\n',
      '(step "wait" :max-iterations 3\n  (call :time.sleep 5))\n',
      '(step "wait"\n  (call :time.sleep 5)\n  :timeout-ms 100)\n',
    ],
    'option-values': [
      '(step "flight" :retries {:max -1 :back-off-ms 50 :retry-on :host}\n  (call :agency.flight))\n',
      '(step-parallel :on-error :best-efort :merge-policy :merg\n  (call :a)\n  (call :b))\n',
      '(step-parallel :on-error :best-effort :min-success 3\n  (call :a)\n  (call :b))\n',
      '(step-parallel :min-success 1\n  (call :a)\n  (call :b))\n',
      '(step "read" :retries {:max 2 :retry-on [:hots :busy]}\n  (call :read))\n',
    ],
    'bound-names': ['(step "a" :on-fail %result :compensate %error\n  %params)\n'],
    'everything-at-once': ['(step "a" :isolation :locked 1)\n(step "b" :no-such 1 2)\n(step "c" 1)\n(step "c" 2)\n(step "d" :merge-policy :sideways 3)\n'],
  };

  test.each(Object.keys(SOURCES))('%s', (name) => {
    const pages = SOURCES[name]!.map((source) => `--- plan.rtfs\n${source}--- messages\n${renderDiagnostics(findings(source), () => source)}`.trimEnd());
    expectGolden(join(DIRECTORY, `${name}.txt`), `${pages.join('\n\n')}\n`);
  });

  test('every golden file belongs to a test', () => {
    const files = readdirSync(join(import.meta.dirname, '../../golden', DIRECTORY));
    expect(files.sort()).toEqual(Object.keys(SOURCES).map((name) => `${name}.txt`).sort());
  });
});
