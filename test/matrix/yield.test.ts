/**
 * LS-9: a call may stand wherever an expression may. Each marked expression E of each row is replaced by `(call :m E)`,
 * one at a time and all at once, and the host answers with E's value: nothing may change. Every such program runs
 * straight, saved and loaded at each yield, one unit of fuel at a time, and twice from each of its states.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Form, ListForm } from '../../src/parser/form.ts';
import { headName } from '../../src/parser/program.ts';
import { read } from '../../src/parser/reader.ts';
import { ALWAYS_SPECIAL, SPECIAL_FORMS } from '../../src/parser/special/table.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled, ECHO, forkProblem, type Journey, travel } from '../support/journey.ts';
import { CALLBACKS, NO_CALLBACK } from './callbacks.ts';
import { FORMS, type Row, WITHOUT_EXPRESSIONS } from './forms.ts';
import { type Template, template } from './marks.ts';

const environment = testEnvironment();

/** All marks at once, then each alone. */
function choices(parsed: Template): readonly ReadonlySet<number>[] {
  const all = parsed.marks.map((_, mark) => mark);
  return [new Set(all), ...all.map((mark) => new Set([mark]))];
}

/** What is wrong with a row, one line each. */
function problems([text, value]: Row): readonly string[] {
  const parsed = template(text);
  const pure = travel(compiled(environment, parsed.render(new Set())));
  const found = pure.end === `=> ${value}` ? [] : [`without calls it is ${pure.end}`];
  for (const active of choices(parsed)) {
    const source = parsed.render(active);
    const problem = problemOf(source, value, parsed, active);
    if (problem !== null) found.push(`${source}\n    ${problem}`);
  }
  return found;
}

function problemOf(source: string, value: string, parsed: Template, active: ReadonlySet<number>): string | null {
  const program = compiled(environment, source);
  const straight = travel(program, { answer: ECHO });
  if (straight.end !== `=> ${value}`) return `expected ${value}, got ${straight.end}`;
  for (const mark of active) {
    const called = straight.calls.some((call) => call.includes(`(call :m${mark} `));
    if (called !== parsed.marks[mark]!.live) return called ? `mark ${mark} must not be evaluated` : `mark ${mark} was never evaluated`;
  }
  return (
    difference('saved at every yield', straight, travel(program, { reload: true })) ??
    difference('in quanta of 1', straight, travel(program, { quantum: 1 })) ??
    difference('in quanta of 1, saved at every pause', straight, travel(program, { quantum: 1, reload: true })) ??
    forkProblem(program)
  );
}

function difference(way: string, straight: Journey, other: Journey): string | null {
  try {
    expect(other).toEqual(straight);
    return null;
  } catch {
    return `${way} it differs: ${JSON.stringify(other)} instead of ${JSON.stringify(straight)}`;
  }
}

describe('a call in every position of every form', () => {
  test.each(FORMS.map((row) => [row[0], row] as const))('%s', (_, row) => {
    expect(problems(row).join('\n')).toBe('');
  });

  test('every special form has a row', () => {
    const text = FORMS.map(([row]) => row).join(' ');
    const heads = [...ALWAYS_SPECIAL.keys(), ...SPECIAL_FORMS.keys()].filter((name) => !WITHOUT_EXPRESSIONS.has(name));
    const missing = heads.filter((name) => !text.includes(`(${name} `));
    expect(missing).toEqual([]);
  });
});

describe('a call in every callback of the library', () => {
  test.each(Object.entries(CALLBACKS))('%s', (_, rows) => {
    expect(rows.flatMap(problems).join('\n')).toBe('');
  });

  test('every function of the library that takes a function has a row', () => {
    const missing = higherOrder(librarySources()).filter((name) => !NO_CALLBACK.has(name) && CALLBACKS[name] === undefined);
    expect(missing).toEqual([]);
  });
});

// --- what the library's sources say ------------------------------------------------------------------------------------

function librarySources(): readonly ListForm[] {
  const folder = fileURLToPath(new URL('../../stdlib', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rtfs'))
    .flatMap((name) => read(readFileSync(`${folder}/${name}`, 'utf8'), name).forms)
    .filter((form): form is ListForm => headName(form) === 'defn');
}

/** Public functions that call a parameter, hand one to `%apply`, or hand one to such a function. */
function higherOrder(definitions: readonly ListForm[]): readonly string[] {
  const known = new Set<string>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const definition of definitions) {
      const name = symbolName(definition.items[1]);
      if (name === null || known.has(name) || !callsParameter(definition, known)) continue;
      known.add(name);
      changed = true;
    }
  }
  return [...known].filter((name) => !name.startsWith('%'));
}

function callsParameter(definition: ListForm, known: ReadonlySet<string>): boolean {
  const rest = definition.items.slice(2);
  const single = rest.find((form) => form.kind === 'vector');
  const arms = single !== undefined ? [definition] : rest.filter((form): form is ListForm => form.kind === 'list');
  return arms.some((arm) => {
    const params = arm.items.find((form) => form.kind === 'vector');
    const names = new Set(params?.kind === 'vector' ? params.items.map(symbolName).filter((name) => name !== null) : []);
    return uses(arm, names, known);
  });
}

function uses(arm: ListForm, names: ReadonlySet<string>, known: ReadonlySet<string>): boolean {
  const open: Form[] = [...arm.items];
  for (let form = open.pop(); form !== undefined; form = open.pop()) {
    if (form.kind !== 'list' && form.kind !== 'vector' && form.kind !== 'map' && form.kind !== 'set') continue;
    open.push(...form.items);
    if (form.kind !== 'list') continue;
    const head = symbolName(form.items[0]);
    if (head === null) continue;
    if (names.has(head)) return true;
    if (head === '%apply' && names.has(symbolName(form.items[1]) ?? '')) return true;
    // A function is the first argument of those that the library writes, so a collection that is passed on is none.
    if (known.has(head) && names.has(symbolName(form.items[1]) ?? '')) return true;
  }
  return false;
}

function symbolName(form: Form | undefined): string | null {
  return form?.kind === 'symbol' ? form.name : null;
}
