/** The commands about what has happened in a run: doing it again, going on from there otherwise, looking at it. */
import { restateOf, restateOption, type RestateFlags } from './arguments-engine.ts';
import { type ArgumentTools, type CommonFlags, type DriveFlags, driveOptions, driving, storeOption } from './arguments-kept.ts';

export function historyCommands(tools: ArgumentTools): void {
  replay(tools);
  fork(tools);
  debug(tools);
}

function replay({ command, ask, collect }: ArgumentTools): void {
  restateOption(storeOption(command('replay', 'do a run again with its recorded answers, and compare')))
    .argument('<run>', 'its id, or the beginning of it')
    .option('--with <file>', 'run this program instead of the recorded one: what would be different?')
    .option('--path <dir>', 'look for the modules of that program here too (repeatable)', collect)
    .option('--json', 'print one JSON document')
    .action((run: string, flags: CommonFlags & RestateFlags & { with?: string; path?: string[] }) => {
      const { store = null, with: program = null, path: modulePaths = [], json = false, color: colour } = flags;
      ask({ command: 'replay', options: { run, restate: restateOf(flags), store, program, modulePaths, json, colour } });
    });
}

function fork(tools: ArgumentTools): void {
  restateOption(driving(tools, tools.command('fork', 'begin a run with the past of another one, and go on with it; the new one is in a store')))
    .argument('<run>', 'its id, or the beginning of it')
    .requiredOption('--at <place>', 'where: the number of a record in `rtfs log`, or the label of a checkpoint')
    .option('--answer <call=value>', 'answer a call that waits there (repeatable)', tools.collect)
    .option('--id <id>', 'the id of the new run')
    .option('--as <who>', 'who answers; the user of this machine unless given')
    .option('--no-resume', 'only make the run')
    .action((run: string, flags: DriveFlags & RestateFlags & { at: string; answer?: string[]; id?: string; as?: string; resume: boolean }) => {
      const { at, answer: answers = [], id = null, as: who = null, resume: resumes } = flags;
      tools.ask({ command: 'fork', options: { run, restate: restateOf(flags), at, answers, id, who, resumes, ...driveOptions(flags) } });
    });
}

function debug({ command, ask }: ArgumentTools): void {
  restateOption(storeOption(command('debug', 'look at any moment of a run: forwards, backwards, why')))
    .argument('<run>', 'its id, or the beginning of it')
    .option('--json', 'print a line of JSON for each command')
    .action((run: string, flags: CommonFlags & RestateFlags) => {
      ask({ command: 'debug', options: { run, restate: restateOf(flags), store: flags.store ?? null, json: flags.json === true, colour: flags.color } });
    });
}
