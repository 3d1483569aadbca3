/** Rules on what moves inside of a run, and plans that come up against them. */
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { readConstitution } from '../../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../../src/host/security/document.ts';

export function constitution(rules: string): Constitution {
  const document = readDocument(`{:tags {"secret" ["token"]} :rules [${rules}]}`, 'c.edn');
  const read = document.ok ? readConstitution('c', document.value) : document;
  if (!read.ok) throw new Error(read.error[0]!.message);
  return read.value;
}

export const RULES = constitution(`
  {:id "stays" :on :merge :then :deny :keys ["#secret"] :isolation [:sandboxed] :reason "secrets never leave a sandbox"}
  {:id "untold" :on :call :then :deny :capability "tell" :derived-from ["#secret"] :reason "secrets are not told"}
  {:id "unseen" :on :expose :then :deny :keys ["#secret"] :reason "secrets are not shown"}`);

export const SANDBOX = (inside: string): string => `(try (step "box" :isolation :sandboxed :merge-policy :overwrite ${inside}) (catch e (:rule (:data e))))`;

/** Their names, their texts, what they come to under `RULES`, and the rules and calls that are refused on the way. */
export const GOVERNED_PLANS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['a merge after a call', `[${SANDBOX('(context/set :token (call :echo "t"))')} (call :echo 2) ${SANDBOX('(context/set :free (call :echo 3))')} (context/get :free)]`, '["stays" 2 nil 3]', ['stays']],
  ['merges of one turn', `[${SANDBOX('(context/set :token "t")')} ${SANDBOX('(context/set :token "u")')} (call :echo 1)]`, '["stays" "stays" 1]', ['stays', 'stays']],
  ['under another name', `[${SANDBOX('(context/set :token (call :echo "t")) (call :echo 1) (context/set :plain (str "x" (context/get :token)))')} (call :echo 2)]`, '["stays" 2]', ['stays']],
  [
    'what is told of a secret, by way of other keys and turns',
    '(step "all" (context/set :token (call :echo "t")) (context/set :a (str "a" (context/get :token))) (call :echo 1) (context/set :b (str "b" (context/get :a))) (call :echo 2) (try (call :tell (context/get :b)) (catch e "kept")))',
    '"kept"', ['8'],
  ],
  ['what is shown', '(step "all" :expose-context true (context/set :token (call :echo "t")) (context/set :a (str (context/get :token) 1)) (context/set :c 3) (call :echo 1) (call :look))', '{:c 3}', []],
];
