// What every engine can do with the package, without waiting: compile, run, save, go on, answer the protocol. Prints one line.
import { compile, createEnvironment, createRe2Engine, LIBRARY_IMAGE_TEXT, printValue, restore, resume, snapshot, startProgram } from 'rtfs';
import { createProtocol } from 'rtfs/protocol';
import { parseJson } from 'rtfs/values';
import { contextTree } from 'rtfs/contexts';

const environment = createEnvironment(JSON.parse(LIBRARY_IMAGE_TEXT), createRe2Engine());

export function core() {
  const { program } = compile(environment, { file: 'plan.rtfs', text: '(map (fn [x] (* x (call :shop.price x))) (filter odd? (range 6)))' });
  let { outcome, state } = startProgram(program);
  while (outcome.kind === 'requires-host') {
    const saved = restore(snapshot(state), program.table);
    ({ outcome, state } = resume(saved.value, outcome.calls.map(({ id }) => ({ id, ok: true, value: 10 }))));
  }
  const keys = { key: '00', sign: () => new Uint8Array(64), verify: () => 'good' };
  const protocol = createProtocol({ environment, keys, server: { name: 'test', version: '0' } });
  const reply = JSON.parse(protocol.handle('{"jsonrpc":"2.0","id":1,"method":"start","params":{"source":{"text":"(re-find \\"b+\\" \\"abbc\\")"}}}').response);
  return [printValue(outcome.value), reply.result.outcome.value, printValue(parseJson('[1]').value), contextTree().ok].join(' ');
}
