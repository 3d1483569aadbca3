// A plan in a world, kept in memory and gone on with: for engines that can wait. Prints one line.
import { compile, createEnvironment, createRe2Engine, LIBRARY_IMAGE_TEXT } from 'rtfs';
import { encodeMessage, functionHost, openMemoryKeeping, resumeRun, run, startRun } from 'rtfs/host';
import { fakeCapability } from 'rtfs/testing';

export async function hosted() {
  const environment = createEnvironment(JSON.parse(LIBRARY_IMAGE_TEXT), createRe2Engine());
  const price = fakeCapability('shop.price', [89, 45]);
  const boss = { id: 'boss.ask', summary: '', determinism: 'live', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) };
  const host = functionHost({ 'shop.order': async (item) => `order of a ${item}` }, { capabilities: [price, boss] });
  const planOf = (text) => compile(environment, { file: 'plan.rtfs', text }).program;
  const first = await run(planOf('(step "sum" :timeout-ms 60000 (reduce + (pmap (fn [x] (call :shop.price x)) ["lamp" "chair"])))'), host);
  const keeping = openMemoryKeeping({ environment });
  const begun = await startRun(keeping, planOf('(if (= "yes" (call :boss.ask)) (call :shop.order "lamp") nil)'), { id: 'r', name: 'order' }, { host });
  await keeping.store.send('r', encodeMessage('answer', { call: '1', text: 'yes', who: 'boss' }));
  const ended = await resumeRun(keeping, 'r', () => ({ host }));
  return [first.value, begun.kind, ended.value.value].join(' ');
}
