import fc from 'fast-check';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { snapshot } from '../../../../src/evaluator/snapshot.ts';
import { eventToJson } from '../../../../src/evaluator/event-value.ts';
import { exposedContext, resume } from '../../../../src/evaluator/kernel.ts';
import { compile, startProgram } from '../../../../src/host/compile.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import { drive } from '../../../../src/host/loop.ts';
import { openHost, readGrants } from '../../../../src/host/open.ts';
import { CallbackFailure } from '../../../../src/host/callback/callback.ts';
import type { Answer, CallContext, WorkCapability, Decision, HostCall } from '../../../../src/host/port.ts';
import { environmentSecrets, fileSecrets, firstOf } from '../../../../src/host/secret-source.ts';
import { isSecretName, resolveSecrets, Scrubber, secretHandle, secretName, secretNames, secretVariable, withSecrets } from '../../../../src/host/security/secret.ts';
import { encodeValue } from '../../../../src/value/bytes.ts';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { SetValue } from '../../../../src/value/set.ts';
import { ErrorValue, keyword, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { testEnvironment } from '../../../support/environment.ts';
import { contextOf, failureFrom, MemoryConsole, withDirectory } from '../support.ts';

const CANARY = 'canary-5f3a "x" /é';
const source = async (name: string): Promise<string | null> => (name === 'key' ? CANARY : name === 'short' ? '12345' : null);

describe('a handle', () => {
  test('names its secret and holds nothing else', () => {
    expect(secretHandle('key').uri).toBe('resource://secret/key');
    expect(secretName(secretHandle('key'))).toBe('key');
    expect(secretName('resource://secret/key')).toBe(null);
  });

  test('is found wherever it is', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(secretHandle);
    const values = [MapValue.of(a!, 1, 'x', Vector.of(List.adopt([b!]))), SetValue.of(c!), new ErrorValue(keyword('e'), '', secretHandle('d'), null, null), 'text', a!];
    expect(secretNames(values)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is found at any depth, and in what is shared without end', () => {
    let deep: Value = secretHandle('deep');
    for (let i = 0; i < 200_000; i++) deep = Vector.of(deep);
    let wide: Value = secretHandle('wide');
    for (let i = 0; i < 100; i++) wide = Vector.of(wide, wide);
    expect(secretNames([deep, wide])).toEqual(['deep', 'wide']);
  });
});

describe('resolving', () => {
  test('puts the text in the place of the handle, and nowhere else', async () => {
    const { values, texts } = await resolveSecrets(['x', MapValue.of(keyword('h'), Vector.of(secretHandle('key'), 1))], source);
    expect(values).toEqual(['x', MapValue.of(keyword('h'), Vector.of(CANARY, 1))]);
    expect([...texts]).toEqual([['key', CANARY]]);
  });

  test('without secrets gives back what it was given', async () => {
    const args = [Vector.of(1)];
    expect((await resolveSecrets(args, source)).values).toBe(args);
  });

  test('fails for what is not there, and for what is too short to be kept out of answers', async () => {
    expect(await failureFrom(resolveSecrets([secretHandle('none')], source))).toMatchObject({ kind: 'capability', message: 'There is no secret none (it is looked for in the variable RTFS_SECRET_NONE and in the secrets file)' });
    const short = await failureFrom(resolveSecrets([secretHandle('short')], source));
    expect(short.message).toContain('The secret short is too short');
    expect(short.message).not.toContain('12345');
  });
});

test.each([['key', true], ['api-key.v1_A', true], ['', false], ['../key', false], ['a/b', false], ['-a', false], ['a b', false], ['é', false]])('%j is a name: %s', (name, is) => {
  expect(isSecretName(name)).toBe(is);
});

test('the variable of a secret is its name in capitals', () => {
  expect(secretVariable('api-key.v1')).toBe('RTFS_SECRET_API_KEY_V1');
});

describe('scrubbing', () => {
  const scrubber = new Scrubber(new Map([['key', CANARY]]));
  const forms = [CANARY, JSON.stringify(CANARY), encodeURIComponent(CANARY), Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('base64url'), Buffer.from(CANARY).toString('hex')];

  test.each(forms)('takes %s out', (form) => {
    expect(scrubber.text(`<${form}|${form}>`)).not.toContain(form.replaceAll('"', '').slice(0, 12));
    expect(scrubber.text(`<${form}>`)).toContain('‹secret key›');
  });

  test('reaches keys, names and errors', () => {
    const value = Vector.of(MapValue.of(CANARY, keyword(CANARY)), new ErrorValue(keyword('e'), `at ${CANARY}`, SetValue.of(CANARY), null, null), List.adopt([CANARY]));
    const name = '‹secret key›';
    expect(scrubber.value(value)).toEqual(Vector.of(MapValue.of(name, keyword(name)), new ErrorValue(keyword('e'), `at ${name}`, SetValue.of(name), null, null), List.adopt([name])));
  });

  test('leaves everything else as it is, at any depth', () => {
    let deep: Value = 'x';
    for (let i = 0; i < 100_000; i++) deep = Vector.of(deep);
    let left: Value = scrubber.value(deep);
    let depth = 0;
    for (; left instanceof Vector; depth++) left = left.get(0)!;
    expect([depth, left]).toEqual([100_000, 'x']);
  });

  test('also knows them as bytes in base64, base64url, hexadecimal and in URLs, as node writes them, without what only node has', () => {
    const { Buffer: nodes } = globalThis;
    const text = fc.oneof(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string({ minLength: 6, unit: 'binary' }), fc.constant('\ufeffhalf \ud800 of a pair, ü, 😀'), fc.constant('?>~?>~ü'));
    fc.assert(
      fc.property(text, (secret) => {
        const bytes = nodes.from(secret, 'utf8');
        const sent = [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex'), encodeURIComponent(bytes.toString('utf8')), secret];
        Reflect.deleteProperty(globalThis, 'Buffer');
        try {
          const scrubber = new Scrubber(new Map([['key', secret]]));
          for (const form of sent) expect(scrubber.text(`a ${form} b`)).toBe('a ‹secret key› b');
        } finally {
          globalThis.Buffer = nodes;
        }
      }),
    );
  });

  test('takes the longer one of two out when one holds the other', () => {
    const two = new Scrubber(new Map([['short', 'abcdef'], ['long', 'xx-abcdef-yy']]));
    expect(two.text('xx-abcdef-yy abcdef')).toBe('‹secret long› ‹secret short›');
  });

  test('leaves no secret in any text', () => {
    const secret = fc.string({ minLength: 6, maxLength: 12 }).filter((text) => !'‹secret key›'.includes(text));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (text, before, after) => {
        expect(new Scrubber(new Map([['key', text]])).text(before + text + after)).not.toContain(text);
      }),
    );
  });
});

describe('around a capability', () => {
  const make = (call: WorkCapability['call']) => {
    const made = withSecrets({ id: 'x', summary: '', determinism: 'live', call }, source);
    return { call: async (...given: Parameters<WorkCapability['call']>) => made.call(...given) };
  };

  test('the text goes in, and does not come out', async () => {
    const seen: Value[] = [];
    const echo = make(async (args) => {
      seen.push(...args);
      return Vector.of(...args);
    });
    expect(await echo.call([secretHandle('key')], contextOf())).toEqual(Vector.of('‹secret key›'));
    expect(seen).toEqual([CANARY]);
  });

  test('is not told to functions of the plan that are called back', async () => {
    const told: unknown[] = [];
    const context: CallContext = { ...contextOf(), callBack: async (fn, args) => (told.push([fn, args]), 'given') };
    const calling = make(async ([text, fn], { callBack }) => callBack!(fn!, [`got ${String(text)}`, Vector.of(text!)]));
    const fn = keyword('first');
    expect(await calling.call([secretHandle('key'), fn], context)).toBe('given');
    expect(told).toEqual([[fn, ['got ‹secret key›', Vector.of('‹secret key›')]]]);
    const error = new ErrorValue(keyword('error/user'), `no ${CANARY}`, CANARY, null, null);
    const failing: CallContext = { ...contextOf(), callBack: () => Promise.reject(new CallbackFailure(error)) };
    const failure: unknown = await calling.call([secretHandle('key'), fn], failing).catch((one: unknown) => one);
    expect((failure as CallbackFailure).error).toEqual(new ErrorValue(keyword('error/user'), 'no ‹secret key›', '‹secret key›', null, null));
  });

  test('neither failures nor defects tell it', async () => {
    const refusing = make(async ([text]) => Promise.reject(new HostFailure('host', `cannot send ${String(text)}`, MapValue.of('sent', text!))));
    const failure = await failureFrom(refusing.call([secretHandle('key')], contextOf()));
    expect([failure.kind, failure.message, failure.data]).toEqual(['host', 'cannot send ‹secret key›', MapValue.of('sent', '‹secret key›')]);
    for (const cause of [new TypeError(`bad ${CANARY}`), CANARY]) {
      const broken = make(() => Promise.reject(cause));
      const defect: unknown = await broken.call([secretHandle('key')], contextOf()).catch((one: unknown) => one);
      expect(defect).toBeInstanceOf(Error);
      expect(`${(defect as Error).message}${(defect as Error).stack}`).not.toContain('canary');
    }
  });
});

describe('where secrets come from', () => {
  test('variables', async () => {
    const environment = environmentSecrets((name) => (name === 'RTFS_SECRET_API_KEY' ? 'from the environment' : undefined));
    expect([await environment('api-key'), await environment('other')]).toEqual(['from the environment', null]);
  });

  test('a file that only its owner reads', async () => {
    await withDirectory(async (directory) => {
      const file = path.join(directory, 'secrets.json');
      await writeFile(file, '{"key": "from the file", "bad": 1}', { mode: 0o600 });
      const secrets = fileSecrets(file);
      expect([await secrets('key'), await secrets('other'), await secrets('__proto__')]).toEqual(['from the file', null, null]);
      expect((await failureFrom(secrets('bad'))).message).toBe(`The secret bad in ${file} is not a string`);
      await chmod(file, 0o640);
      expect((await failureFrom(secrets('key'))).message).toBe(`Others may read the secrets file ${file} (chmod 600 ${file})`);
      await chmod(file, 0o600);
      await writeFile(file, `{"key": "${CANARY}`);
      expect((await failureFrom(secrets('key'))).message).toBe(`The secrets file ${file} is not a JSON object`);
      expect((await failureFrom(fileSecrets(path.join(directory, 'none'))('key'))).message).toContain('(ENOENT)');
    });
  });

  test('the first that has it counts', async () => {
    expect(await firstOf(async () => null, async () => 'second', async () => 'third')('x')).toBe('second');
    expect(await firstOf(async () => null)('x')).toBe(null);
  });
});

describe('a run with a secret', () => {
  /** Sends back all that it gets. */
  async function withEcho(use: (url: string, received: string[]) => Promise<void>): Promise<void> {
    const received: string[] = [];
    const server = createServer((request, response) => {
      received.push(String(request.headers['x-key']));
      response.setHeader('x-echo', String(request.headers['x-key']));
      response.end(JSON.stringify(request.headers));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Everything that the run leaves behind anywhere, and how it ended. */
  async function traces(text: string, grants: readonly string[]): Promise<{ readonly all: string; readonly ending: string; readonly kinds: string }> {
    const read = readGrants(grants, '/');
    if (!read.ok) throw new Error(read.error[0]!.message);
    const console = new MemoryConsole();
    const host = openHost({ grants: read.value, console, environment: (name) => (name === 'RTFS_SECRET_KEY' ? 'canary-5f3a' : undefined), resolveName: async () => ['127.0.0.1'] });
    const { program, diagnostics } = compile(testEnvironment(), { file: 'x.rtfs', text });
    if (program === null) throw new Error(diagnostics[0]!.message);
    const written: string[] = [];
    const keep = (...values: readonly Value[]): void => void written.push(...values.map((value) => Buffer.from(encodeValue(value)).toString('latin1')));
    const decided = (call: HostCall, decision: Decision): void => {
      keep(...call.args);
      written.push(JSON.stringify(decision, (_, value: unknown) => (typeof value === 'object' && value instanceof MapValue ? String(value.size) : value)));
    };
    const answered = (_: HostCall, answer: Answer): void => keep(answer.ok ? answer.value : answer.error);
    const first = startProgram(program);
    const kernel = {
      exposed: exposedContext,
      resume: (...args: Parameters<typeof resume>) => {
        const next = resume(...args);
        written.push(Buffer.from(snapshot(next.state)).toString('latin1'));
        return next;
      },
    };
    const result = await drive({
      kernel, first, host, signal: new AbortController().signal, quantum: 100_000, maxConcurrent: 4,
      observer: { decided, answered, defect: (_, cause) => void written.push(String(cause)), events: (events) => void written.push(...events.map((event) => JSON.stringify(eventToJson(event)))) },
    });
    if (result.kind === 'cancelled' || result.kind === 'waiting') throw new Error(result.kind);
    keep(result.kind === 'complete' ? result.value : result.error);
    const ending = result.kind === 'complete' ? 'complete' : result.error.type.name;
    return { all: [...written, console.out, console.error].join('\n'), ending, kinds: result.kind === 'failed' ? result.error.message : '' };
  }

  test('sends it, and leaves it nowhere', async () => {
    await withEcho(async (url, received) => {
      const plan = `(step "send"
        (let [key (call :secret.get "key")
              answer (call :http.request {:url "${url}" :headers {"x-key" key}})]
          (context/set :key key)
          (context/set :answer answer)
          (println (str key " " answer))
          answer))`;
      const { all, ending } = await traces(plan, [`http=${new URL(url).host}`, 'secret=key']);
      expect(received).toEqual(['canary-5f3a']);
      expect(ending).toBe('complete');
      expect(all).toContain('‹secret key›'.slice(1, -1));
      expect(all).toContain('resource://secret/key');
      expect(all).not.toMatch(/canary/i);
      expect(all).not.toContain(Buffer.from('canary-5f3a').toString('base64').slice(0, 10));
    });
  });

  test.each<[string, string[], string, RegExp]>([
    ['(call :secret.get "key")', [], 'error/security', /the name "key" is not granted.*--allow secret=key/],
    ['(call :secret.get "other")', ['secret=key'], 'error/security', /the name "other" is not granted/],
    ['(call :io.print (call :secret.get "key"))', ['secret=key'], 'error/security', /takes no secrets/],
    ['(call :env.get "RTFS_SECRET_KEY")', ['all'], 'error/security', /holds a secret/],
    ['(call :http.get "http://127.0.0.1:1/" {:headers {"x" (call :secret.get "nothing")}})', ['all'], 'error/capability', /There is no secret nothing/],
    ['(call :secret.get "../key")', ['secret=*'], 'error/argument', /no name of a secret/],
    ['(call :http.get "http://127.0.0.1:1/" {:headers {"x" resource://secret/key}})', ['http=127.0.0.1:1'], 'error/security', /the secret "key" is not granted/],
  ])('%s with %j fails with %s', async (text, grants, kind, message) => {
    const { all, ending, kinds } = await traces(text, grants);
    expect(ending).toBe(kind);
    expect(kinds).toMatch(message);
    expect(all).not.toMatch(/canary/i);
  });
});
