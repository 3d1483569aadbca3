/** `rtfs deploy`: a plan is there under a name from now on; `rtfs start` begins runs of it. */
import { compile } from '../../host/compile.ts';
import { deployPlan } from '../../host/engine/client.ts';
import { ARGUMENTS_VARIABLE, cliEnvironment, INPUT_VARIABLE } from '../environment.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { DeployOptions } from '../invocation.ts';
import { originOf, Sources } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import { refuseEngine, withEngine } from './place.ts';

export async function deployCommand({ restate, file, name, modulePaths }: DeployOptions, terminal: Terminal): Promise<ExitCode> {
  const place = { terminal, json: 'none' } as const;
  const sources = new Sources(modulePaths);
  const source = await sources.read(originOf(file));
  if (!source.ok) return refuseEngine([source.error], place);
  const { program, diagnostics } = compile(cliEnvironment(), source.value, { loadModule: sources.loadModule, variables: [INPUT_VARIABLE, ARGUMENTS_VARIABLE] });
  if (diagnostics.length > 0) (await import('../report.ts')).report(terminal, diagnostics, sources.lookup);
  if (program === null) return EXIT.invalid;
  return withEngine(restate, place, async ({ engine }) => {
    const plan = name ?? planName(file);
    terminal.out(`${plan} ${await deployPlan(engine, plan, program)}\n`);
    return EXIT.ok;
  });
}

/** The file's name without folders and ending. */
function planName(file: string): string {
  const last = file.split(/[\\/]/).at(-1) ?? file;
  return last.replace(/\.[^.]+$/, '') || last;
}
