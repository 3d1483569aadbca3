/** Code kept beside a snapshot: whoever has both goes on without the source (C3). */
import { describe, expect, test } from 'vitest';
import { archiveCode, compile, openCode, resume, restore, snapshot, startProgram } from '../../../src/index.ts';
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
