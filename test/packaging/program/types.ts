/** What TypeScript makes of the doors, without the types of node and with everything checked. */
import { compile, createEnvironment, createRe2Engine, LIBRARY_IMAGE_TEXT, type Outcome, type Program, startProgram, type Value } from 'rtfs';
import { Chunker } from 'rtfs/chunks';
import { contextTree } from 'rtfs/contexts';
import { type Capability, functionHost, type Host, openMemoryKeeping, run, type RunResult } from 'rtfs/host';
import { restore, type State } from 'rtfs/kernel';
import { primitiveTable } from 'rtfs/primitives';
import { createProtocol, type Reply } from 'rtfs/protocol';
import { assertEffects, recordRun } from 'rtfs/testing';
import { toPlain } from 'rtfs/values';

const environment = createEnvironment(JSON.parse(LIBRARY_IMAGE_TEXT), createRe2Engine());
const program: Program | null = compile(environment, { file: 'x', text: '1' }).program;
const capability: Capability = { id: 'a.b', summary: '', determinism: 'pure', call: ([x]): Value => x ?? null };
const host: Host = functionHost({ 'shop.price': (item: string, count: number) => item.length * count }, { capabilities: [capability] });

export async function used(): Promise<readonly unknown[]> {
  const result: RunResult<State> = await run(program!, host);
  const outcome: Outcome = startProgram(program!).outcome;
  const reply: Reply = createProtocol({ environment, keys: { key: '', sign: () => new Uint8Array(0), verify: () => 'bad' }, server: { name: '', version: '' } }).handle('');
  assertEffects(await recordRun(program!, host), []);
  return [result, outcome, reply, new Chunker(), contextTree(), openMemoryKeeping({ environment }), restore, primitiveTable, toPlain];
}

// @ts-expect-error A host is made of functions.
functionHost({ 'shop.price': 89 });
