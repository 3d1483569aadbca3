/** Code kept beside a snapshot: whoever has both goes on without the source (C3). */
import { describe, expect, test } from 'vitest';
import {
  archiveCode, type CodeArchive, CodeTable, compile, keyword, languagePrimitives, LoadedLibrary, MapValue, openCode, type Outcome, PrimitiveTable, printValue,
  resume, restore, snapshot, startProgram, Vector,
} from '../../../src/index.ts';
import { hashBytes } from '../../../src/ir/hash.ts';
import { decodeBase64 } from '../../../src/ir/image.ts';
import { testEnvironment } from '../../support/environment.ts';

const environment = testEnvironment();
const { program } = compile(environment, { file: 'plan', text: '(defn twice [f x] (f (f x))) (twice (fn [x] (+ x (call :more x))) 1)' });
const archive = archiveCode(environment, program!);

describe('the code of a program', () => {
  test('goes on in another table, from bytes alone', () => {
    const opened = openCode(environment, JSON.parse(JSON.stringify(archive)) as typeof archive);
    if (!opened.ok) throw new Error(opened.error);
    const stopped = startProgram(program!);
    expect(stopped.outcome.kind).toBe('requires-host');
    let restored = restore(snapshot(stopped.state), opened.value);
    for (const answer of [10, 100]) {
      if (!restored.ok) throw new Error(restored.error.message);
      const { pending } = restored.value;
      const advance = resume(restored.value, [{ id: pending[0]!.id, ok: true, value: answer }]);
      if (answer === 100) expect(advance.outcome).toMatchObject({ kind: 'complete', value: 111 });
      else restored = restore(snapshot(advance.state), opened.value);
    }
  });

  test('is refused when a byte of it was changed', () => {
    const [[hash, code, names], ...others] = archive as readonly [(typeof archive)[number], ...typeof archive];
    const changed = code.slice(0, 8) + (code[8] === 'A' ? 'B' : 'A') + code.slice(9);
    const opened = openCode(environment, [[hash, changed, names], ...others]);
    expect(opened).toEqual({ ok: false, error: `the code ${hash} is damaged: its bytes have another hash` });
  });
});

describe('with what it needs of the library', () => {
  const kernelTable = (primitives: PrimitiveTable, groups: CodeArchive): CodeTable => {
    const code = new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups });
    return new CodeTable(primitives, (group) => code.group(group));
  };

  function wholeOf(text: string): { readonly saved: Uint8Array; readonly groups: CodeArchive } {
    const compiled = compile(environment, { file: 'plan', text }).program!;
    return { saved: snapshot(startProgram(compiled).state), groups: archiveCode(environment, compiled, { library: true }) };
  }

  test('it is all the code that a kernel needs, and no more than that', () => {
    const { saved, groups } = wholeOf('(map (fn [x] (call :more x)) (filter even? [1 2]))');
    for (const [hash, code] of groups) expect(hashBytes(decodeBase64(code))).toBe(hash);
    expect(groups.length).toBeLessThan(20);
    const restored = restore(saved, kernelTable(environment.primitives, groups));
    if (!restored.ok) throw new Error(restored.error.message);
    const [call] = restored.value.pending;
    expect(printed(resume(restored.value, [{ id: call!.id, ok: true, value: 7 }]).outcome)).toBe('[7]');
  });

  test('what uses the language alone goes on with the primitives of the language', () => {
    const { saved, groups } = wholeOf(`
      (let [{:keys [a] [b & more] :rest} (call :give)
            found (match more [x y] {:sum (+ x y) :all [a b]} _ nil)]
        (try (loop [i 0 all #{}] (if (< i (count more)) (recur (inc i) (conj all (nth more i))) (throw {:type :mine :all all :found found})))
          (catch :mine e \`(~(first more) ~@(:all e) ~(:found e)))))`);
    const restored = restore(saved, kernelTable(new PrimitiveTable(languagePrimitives), groups));
    if (!restored.ok) throw new Error(restored.error.message);
    const given = MapValue.of(keyword('a'), 1, keyword('rest'), Vector.of(2, 3, 4));
    expect(printed(resume(restored.value, [{ id: restored.value.pending[0]!.id, ok: true, value: given }]).outcome)).toBe('(3 3 4 {:all [1 2] :sum 7})');
  });

  test('a primitive that the kernel does not have fails when it is called', () => {
    const { saved, groups } = wholeOf('(upper-case (call :give))');
    const restored = restore(saved, kernelTable(new PrimitiveTable(languagePrimitives), groups));
    if (!restored.ok) throw new Error(restored.error.message);
    const { outcome } = resume(restored.value, [{ id: restored.value.pending[0]!.id, ok: true, value: 'a' }]);
    expect(outcome).toMatchObject({ kind: 'failed', error: { message: 'Undefined symbol: upper-case is not in this kernel' } });
  });
});

function printed(outcome: Outcome): string | null {
  return outcome.kind === 'complete' ? printValue(outcome.value) : outcome.kind === 'failed' ? outcome.error.message : outcome.kind;
}
