/** Runs that are done again, forked and looked at, with a store in a file and a process for each command. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectGolden } from '../support/golden.ts';
import { directory, type Ended, rtfs } from './rtfs.ts';

const PLAN = `(defn twice [n]
  (* n 2))

(step "plan"
  (step "a" :merge-policy :overwrite (context/set :k 1) (println "a"))
  (checkpoint :first)
  (step "b" (context/set :k (twice (get :k))) (println "b" (get :k)))
  (get :k))
`;

/** A run \`one\` of the plan, and a function for more commands on its store. */
async function kept(plan = PLAN): Promise<{ readonly cwd: string; readonly on: (...args: string[]) => Promise<Ended>; readonly input: (text: string, ...args: string[]) => Promise<Ended> }> {
  const cwd = directory({ 'plan.rtfs': plan });
  const run = await rtfs(['run', '--store', 'runs.db', '--id', 'one', '--allow', 'user', 'plan.rtfs'], { cwd });
  expect([0, 3], run.err).toContain(run.code);
  const command = (args: readonly string[], input?: string): Promise<Ended> => rtfs([...args, '--store', 'runs.db'], { cwd, ...(input === undefined ? {} : { input }) });
  return { cwd, on: (...args) => command(args), input: (text, ...args) => command(args, text) };
}

/** States by letters, the same for the same one: their hashes change with the library. */
function withLetters(text: string): string {
  const seen: string[] = [];
  return text.replaceAll(/state ([0-9a-f]{12})\b/g, (_, hash: string) => {
    if (!seen.includes(hash)) seen.push(hash);
    return `state ${String.fromCharCode(65 + seen.indexOf(hash))}`;
  });
}

describe('rtfs replay', () => {
  test('says that a run is the same again, and that of another text what would be different', async () => {
    const { cwd, on } = await kept();
    expect(await on('replay', 'one')).toMatchObject({ code: 0, out: 'identical, 13 records, 3 calls\n', err: '' });
    expect(JSON.parse((await on('replay', 'one', '--json')).out)).toEqual({ run: 'one', status: 'identical', records: 13, calls: 3, checkpoints: 1, ended: true });
    writeFileSync(join(cwd, 'other.rtfs'), PLAN.replace('(println "a")', '(println "A")'));
    expect(await on('replay', 'one', '--with', 'other.rtfs')).toMatchObject({ code: 1, out: 'divergence at record 3: args of call 4 (:io.println)\n  expected ["a"]\n  got      ["A"]\n', err: '' });
    expect(JSON.parse((await on('replay', 'one', '--with', 'other.rtfs', '--json')).out)).toEqual({
      run: 'one', status: 'diverged', records: 2, calls: 1, checkpoints: 0, difference: { seq: 3, what: 'args of call 4 (:io.println)', expected: '["a"]', got: '["A"]' },
    });
    writeFileSync(join(cwd, 'same.rtfs'), PLAN.replaceAll('[n]', '[number]').replace('(* n 2)', '(* number 2) ; the same\n  '));
    expect((await on('replay', 'one', '--with', 'same.rtfs')).code).toBe(0);
  });

  test.each([
    [['replay', 'two'], 'there is no run two'],
    [['replay', 'one', '--with', 'none.rtfs'], 'cannot read none.rtfs: there is no such file'],
    [['fork', 'one', '--at', '99'], 'cannot fork: the run one has no record 99: it has 1 to 13'],
    [['fork', 'one', '--at', 'last'], 'cannot fork: the run one has no checkpoint :last'],
    [['fork', 'one', '--at', '13'], 'cannot fork: the run one is over at record 13: a fork needs a point before its end'],
    [['fork', 'one', '--at', '3', '--answer', 'x'], 'an answer cannot be x: it names no call'],
    [['fork', 'one', '--at', '3', '--answer', '4=('], 'an answer cannot be 4=(: the value cannot be read'],
    [['fork', 'one', '--at', '3', '--answer', '9=1'], 'cannot fork: no call 9 waits for an answer there: 4 (:io.println)'],
    [['fork', 'one', '--at', '3', '--id', 'one'], 'one'],
    [['fork', 'one'], "required option '--at <place>' not specified"],
    [['debug', 'two'], 'there is no run two'],
    [['resume', 'one', '--patch', 'none.json'], 'cannot read none.json: there is no such file'],
    [['resume', 'one', '--patch', 'plan.rtfs', '--patch-policy', 'x'], "argument 'x' is invalid. Allowed choices are keep-existing, overwrite, merge."],
  ])('%j says what is wrong', async (args, message) => {
    const { on } = await kept();
    const { code, out, err } = await on(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('rtfs fork', () => {
  test('goes on from a record or a label; another answer is another future, and the first run is as it was', async () => {
    const { on } = await kept('(let [a (step "ask" (ask "How much?"))] (checkpoint :asked) (println a) a)');
    expect(await on('answer', 'one', '2', 'three')).toMatchObject({ code: 0, out: 'three\n"three"\n' });
    const before = (await on('log', 'one')).out;
    const forked = await on('fork', 'one', '--at', '3', '--answer', '2="four"', '--id', 'two');
    expect(forked).toEqual({ code: 0, signal: null, out: 'four\n"four"\n', err: 'forked: run two has the past of one up to record 6\n' });
    const labelled = await on('fork', 'one', '--at', ':asked', '--id', 'three', '--no-resume', '--json');
    expect(JSON.parse(labelled.out)).toMatchObject({ run: 'three', from: 'one' });
    expect(await on('resume', 'three')).toMatchObject({ code: 0, out: 'three\n"three"\n' });
    expect((await on('log', 'one')).out).toBe(before);
    expect((await on('log', 'two')).out).toMatch(/ 1 {2}\S+ \S+ {2}run-started +plan\.rtfs [0-9a-f]{12} forked from one at record 6\n/);
    for (const id of ['one', 'two', 'three']) expect((await on('replay', id)).code, id).toBe(0);
    expect((await on('log', 'one', '--kind', 'checkpoint')).out).toMatch(/^ +\d+ {2}\S+ \S+ {2}checkpoint +waiting .*\n +\d+ {2}\S+ \S+ {2}checkpoint +plan asked [0-9a-f]{12}\n$/);
  });
});

describe('rtfs resume --patch', () => {
  test('puts keys into the context first', async () => {
    const { cwd, on } = await kept('(do (context/set :k {:a 1}) (ask "Go on?") [(get :k) (get :j)])');
    writeFileSync(join(cwd, 'patch.json'), '{"k": {"b": 2}, "j": 3}');
    writeFileSync(join(cwd, 'list.json'), '[1]');
    expect((await on('resume', 'one', '--patch', 'list.json')).err).toContain('the patch in list.json is no map');
    expect((await on('resume', 'one', '--patch', 'patch.json', '--patch-policy', 'merge', '--as', 'human:ann')).code).toBe(3);
    expect((await on('log', 'one', '--kind', 'context-patched')).out).toMatch(/context-patched +\{"j" 3 "k" \{"b" 2\}\} :merge by human:ann\n$/);
    // Texts come before keywords.
    expect((await on('answer', 'one', '2', 'yes')).out).toBe('[{"b" 2 :a 1} 3]\n');
    expect((await on('replay', 'one')).code).toBe(0);
  });
});

describe('rtfs debug', () => {
  test('goes forwards and backwards through states, and knows who wrote a key', async () => {
    const { input } = await kept();
    const script = [
      'goto 7', 'inspect :k', 'goto 5', 'inspect k', 'context', 'goto 7', 'why :k', 'goto 5', 'why :k', 'diff 5 7', 'goto 0', 'break step b', 'break key k', 'break call :io.println',
      'break form twice', 'continue', 'continue', 'continue', 'continue', 'where', 'locals', 'continue', 'where', 'rcontinue', 'delete 4', 'break', 'goto end', 'back', 'step', 'help',
    ];
    const { code, out, err } = await input(`${script.join('\n')}\nquit\n`, 'debug', 'one');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectGolden('cli/debug.txt', withLetters(out));
  });

  test('forks from where it is', async () => {
    const { on, input } = await kept();
    const { code, out } = await input('goto 5\nstep\nfork 7=nil\n', 'debug', 'one', '--json');
    expect(code).toBe(0);
    const forked = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { readonly run: string; readonly seq: number };
    expect(forked).toMatchObject({ from: 'one', seq: 7 });
    expect(await on('resume', forked.run)).toMatchObject({ code: 0, out: 'b 2\n1\n' });
    expect((await on('replay', forked.run)).out).toMatch(/^identical, /);
  });

  test('says what is wrong with a command, and a script that has such a command fails', async () => {
    const { input } = await kept();
    const { code, err } = await input('back\nstpe\ngoto 99\nbreak now\ndelete 3\nlocals 9\ninspect :nothing\nwhy :nothing\nfork 9=1\ngoto end\nstep\n', 'debug', 'one');
    expect(code).toBe(1);
    expect(err).toBe(
      'this is the start\nthere is no command stpe; did you mean step?\nexpected the number of an event, from 0 to 9, or end; found 99\n' +
        'a breakpoint is one of: break step NAME, break key KEY, break call CAPABILITY, break form FUNCTION\nthere is no breakpoint 3\nthe calls have the numbers 0 to 1\n' +
        'there is no :nothing in the contexts that are visible here\nnothing has written :nothing so far\nthe run does not wait for an answer there: it goes on by itself\n' +
        'this is the end of what is recorded\n',
    );
  });

  test('never calls a capability', async () => {
    const { on, input } = await kept();
    const before = (await on('log', 'one')).out;
    const { out } = await input('continue\nrcontinue\ngoto end\n', 'debug', 'one');
    expect(out).not.toMatch(/^(a|b 2)$/m);
    expect((await on('log', 'one')).out).toBe(before);
  });
});
