/** Help beyond the list of commands and options: topics. */
import { DEFAULT_LIMITS, limitLabel, type LimitName } from '../evaluator/limits.ts';
import { EXIT_MEANINGS } from './exit.ts';
import { AMOUNT_NAMES } from '../host/amounts.ts';
import { BUDGET_MEANINGS } from './budget.ts';
import { LIMIT_MEANINGS } from './limit.ts';

export const TOPICS = ['exit-codes', 'limits', 'budgets', 'grants', 'scripts', 'tests'] as const;

export const COMMON_HELP = `
Without a command the file is run: rtfs plan.rtfs  ·  rtfs -e '(+ 1 2)'  ·  rtfs -
Topics: ${TOPICS.map((topic) => `rtfs help ${topic}`).join('  ·  ')}
`;

/** The text of a topic; null when there is none of that name. */
export function helpTopic(topic: string): string | null {
  switch (topic) {
    case 'exit-codes':
      return `Exit codes:\n${table(EXIT_MEANINGS.map(([code, meaning]) => [`${code}`.padStart(3), meaning]))}`;
    case 'limits':
      return limitsText();
    case 'budgets':
      return budgetsText();
    case 'grants':
      return GRANTS_TEXT;
    case 'scripts':
      return SCRIPTS_TEXT;
    case 'tests':
      return TESTS_TEXT;
    default:
      return null;
  }
}

function limitsText(): string {
  const rows = (Object.keys(LIMIT_MEANINGS) as LimitName[]).map((name) => [limitLabel(name), amount(DEFAULT_LIMITS[name]), LIMIT_MEANINGS[name]]);
  return `Limits, their defaults, and what they count:\n${table(rows)}\nSet one with --limit name=value. Values may be written 10_000, 1e6, 64M (millions), 64Mi (times 1024 twice).\n`;
}

function budgetsText(): string {
  const rows = AMOUNT_NAMES.map((name) => [name, BUDGET_MEANINGS[name]]);
  return `Budgets: what the calls of a run may take in all.\n${table(rows)}
Set them with --budget calls=100,cost=2.5; what is not named is not limited, and what a policy says holds beside it. A step that says
:resources {:calls 10 :cost 0.5} has no more than that for itself. A call that there is not enough for is not made, and fails with
:error/budget. A run that is kept goes on counting where it was; \`rtfs resume RUN --budget calls=10\` gives it more.
`;
}

function amount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '_');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => (column + 1 === row.length ? cell : cell.padEnd(widths[column]!))).join('  ')}\n`).join('');
}

const GRANTS_TEXT = `A plan may print; everything else has to be granted with --allow:
  fs.read=DIR     files below DIR may be read; also fs.write, fs.list, fs.exists, fs.delete, or fs for all of them
  http=HOST       requests to HOST, HOST:PORT, *.example.com, 10.0.0.0/8, or * for any
  env=NAME        a variable of the environment, or * for any
  secret=NAME     a secret, to be given to capabilities that take secrets; its text stays hidden
  time            the clock and waiting
  random, uuid    chance
  user.ask        questions to the person at the terminal
  NAME.OTHER      a capability that the project declares (\`rtfs cap list\`); mcp for all tools of MCP servers
  process.spawn   starting the programs that such capabilities are made of
  all             everything
A call that is denied says which grant would allow it, and ends the plan with exit code 5.
A policy (--policy, see \`rtfs policy\`) and a constitution (--constitution) stand above all grants.
`;

const SCRIPTS_TEXT = `A plan can be a script. Its first line is one of
  #!/usr/bin/env rtfs
  #!/usr/bin/env -S rtfs run --allow fs.read=data --
With the second form every argument reaches the plan, those that begin with - included.
The plan finds its arguments in *args* (a vector of strings) and what --input names in *input*.
`;

const TESTS_TEXT = `
A test file holds programs, each with what is expected of it:
  (+ 1 2)                       ;=> 3
  (inc "a")                     ;! type expected number
  (str "at " (call :time/now))  ;>> (call :time/now)
                                ;<< "noon"
                                ;=> "at noon"
A form without an expectation is a definition for the rest of the file.
`;
