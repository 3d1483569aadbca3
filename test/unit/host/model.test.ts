/** `:model.complete` against a server of the test that speaks the OpenAI protocol. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readCapabilities } from '../../../src/host/manifest/read.ts';
import { compile } from '../../../src/host/compile.ts';
import { run } from '../../../src/host/run.ts';
import { testEnvironment } from '../../support/environment.ts';
import { openHost, readGrants } from '../../../src/host/open.ts';
import type { CallContext, Usage } from '../../../src/host/port.ts';
import { HostFailure } from '../../../src/host/failure.ts';
import { readValue } from '../../../src/parser/datum.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { contextOf, MemoryConsole } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Seen {
  readonly url: string;
  readonly key: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers with how many messages there were, as the protocol says; or with `raw`. */
async function endpoint(raw?: { readonly status: number; readonly body: string }): Promise<{ readonly host: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const body = JSON.parse(text) as { readonly messages: readonly unknown[] } & Record<string, unknown>;
      seen.push({ url: request.url!, key: request.headers.authorization, body });
      const answer = {
        id: 'x', object: 'chat.completion', model: 'tiny-1', choices: [{ index: 0, message: { role: 'assistant', content: `${body.messages.length} heard` }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
      };
      response.writeHead(raw?.status ?? 200, { 'content-type': 'application/json' }).end(raw?.body ?? JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

interface Asked {
  readonly text: string;
  readonly used: readonly Usage[];
}

async function ask(host: string, args: string, { models, grants = ['model', `http=${host}`, 'secret=KEY'] }: { readonly models?: object; readonly grants?: readonly string[] } = {}): Promise<Asked> {
  const declared = readCapabilities(JSON.stringify({ models: models ?? { tiny: { url: `http://${host}/v1`, model: 'tiny-1', secret: 'KEY', 'input-price': 2, 'output-price': 8 } } }), 'c.json');
  if (!declared.ok) throw new Error(declared.error[0]!.message);
  const parsed = readGrants(grants, '/');
  if (!parsed.ok) throw new Error(parsed.error[0]!.message);
  const open = openHost({ grants: parsed.value, declared: declared.value, console: new MemoryConsole(), baseDirectory: '/', secrets: (name) => Promise.resolve(name === 'KEY' ? 's3cret' : null) });
  closing.push(open.close);
  const values = readValue(`[${args}]`);
  const capability = open.capabilities.find('llm.complete')!;
  if (!values.ok || !('call' in capability)) throw new Error(args);
  const used: Usage[] = [];
  const context: CallContext = { ...contextOf([], { name: 'model.complete' }), used: (one) => used.push(one) };
  try {
    return { text: printValue(await capability.call([...(values.value as Iterable<Value>)], context))!, used };
  } catch (cause) {
    if (cause instanceof HostFailure) return { text: `${cause.kind}: ${cause.message}`, used };
    throw cause;
  }
}

describe('several models', () => {
  const open = async (hosts: readonly string[], choice: object, text: string) => {
    const models = { near: { url: `http://${hosts[0]}/v1`, 'input-price': 1, 'latency-ms': 900 }, quick: { url: `http://${hosts[1]}/v1`, 'input-price': 5, 'latency-ms': 10 }, far: { url: 'http://models.example/v1', 'input-price': 0 } };
    const declared = readCapabilities(JSON.stringify({ models, delegation: choice }), 'c.json');
    if (!declared.ok) throw new Error(declared.error[0]!.message);
    const host = openHost({ grants: [{ capability: '*', scope: '*' }], declared: declared.value, console: new MemoryConsole('a person'), baseDirectory: '/', resolveName: () => Promise.reject(new Error('no network')) });
    closing.push(host.close);
    const { program } = compile(testEnvironment(), { file: 'x.rtfs', text });
    const result = await run(program!, host);
    return result.kind === 'complete' ? printValue(result.value) : result.kind === 'failed' ? result.error.message : result.kind;
  };
  const NAME = '(:model (call :model.complete "hello"))';

  test.each<[string, object, string, string]>([
    ['the cheapest on this machine', { privacy: 'local', weights: { cost: 1 } }, NAME, '"near"'],
    ['the quickest on this machine', { privacy: 'local', weights: { latency: 1 } }, NAME, '"quick"'],
    ['the preferred one', { prefer: 'quick', weights: { cost: 1 } }, NAME, '"quick"'],
    ['the next one, when the cheapest cannot be reached', { weights: { cost: 1 } }, NAME, '"near"'],
    ['the one that is named', { privacy: 'local', weights: { cost: 1 } }, '(:model (call :model.complete {:prompt "hello" :model :quick}))', '"quick"'],
    ['a person, when none is good enough', { privacy: 'local', threshold: 1, weights: { cost: 1, latency: 1 } }, '(:text (call :model.complete "hello"))', '"a person"'],
  ])('answer: %s', async (_, choice, text, expected) => {
    const [near, quick] = [await endpoint(), await endpoint()];
    expect(await open([near.host, quick.host], choice, text)).toBe(expected);
  });

  test.each<[object, string]>([
    [{ prefer: 'none' }, 'c.json: delegation.prefer: there is no model "none"'],
    [{ weights: { costs: 1 } }, 'c.json: delegation.weights: unknown key "costs"'],
    [{ privacy: 'some' }, 'c.json: delegation.privacy: expected "any" or "local", found "some"'],
  ])('are chosen by what makes sense: %j', (choice, message) => {
    const read = readCapabilities(JSON.stringify({ models: { a: { url: 'http://127.0.0.1:1/v1' } }, delegation: choice }), 'c.json');
    expect(read.ok ? 'read' : read.error[0]!.message).toBe(message);
  });
});

describe('a model', () => {
  test('answers a prompt, and what it used is told', async () => {
    const { host, seen } = await endpoint();
    const { text, used } = await ask(host, '"hello"');
    // 1,000 tokens at 2 for a million, 500 at 8: 0.002 + 0.004
    expect(text).toBe('{:finish-reason "stop" :model "tiny" :text "1 heard" :usage {:cost 0.006 :input-tokens 1000 :output-tokens 500}}');
    expect(used).toEqual([{ cost: 0.006, tokens: 1500 }]);
    expect(seen).toEqual([{ url: '/v1/chat/completions', key: 'Bearer s3cret', body: { model: 'tiny-1', messages: [{ role: 'user', content: 'hello' }] } }]);
  });

  test('is given messages and how to answer', async () => {
    const { host, seen } = await endpoint();
    const { text } = await ask(host, '{:system "be short" :messages [{:role :user :content "a"} {:role "assistant" :content "b"}] :max-tokens 7 :temperature 0.5 :stop "." :json true :model :tiny}');
    expect(text).toContain(':text "3 heard"');
    expect(seen[0]!.body).toEqual({
      model: 'tiny-1', messages: [{ role: 'system', content: 'be short' }, { role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }], max_tokens: 7, temperature: 0.5, stop: '.',
      response_format: { type: 'json_object' },
    });
  });

  test.each<[string, string]>([
    ['{}', 'argument: Invalid argument: model.complete: give either :prompt or :messages'],
    ['{:prompt "a" :messages []}', 'argument: Invalid argument: model.complete: give either :prompt or :messages'],
    ['{:messages []}', 'argument: Invalid argument: model.complete: :messages must be a vector of maps with :role and :content'],
    ['{:messages [{:role :person :content "a"}]}', 'argument: Invalid argument: model.complete: the :role of a message is one of :system :user :assistant :tool, not :person'],
    ['{:prompt "a" :temperature 3}', 'argument: Invalid argument: model.complete: :temperature is a number from 0 to 2, not 3'],
    ['{:prompt "a" :model :tinny}', 'argument: Invalid argument: model.complete: there is no model "tinny" (did you mean tiny?)'],
    ['{:prompt "a" :modell :tiny}', 'argument: Invalid argument: model.complete: there is no option :modell (did you mean :model?)'],
  ])('is not asked %s', async (args, message) => {
    const { host, seen } = await endpoint();
    expect([(await ask(host, args)).text, seen]).toEqual([message, []]);
  });

  test('is told by name when there are several, unless one is the default', async () => {
    const { host, seen } = await endpoint();
    const [a, b] = [{ url: `http://${host}/a` }, { url: `http://${host}/b` }];
    expect((await ask(host, '"x"', { models: { a, b } })).text).toBe('argument: Invalid argument: model.complete: :model must be said: there are a, b');
    expect((await ask(host, '"x"', { models: { a, default: b } })).text).toContain(':model "default"');
    expect(seen.map((one) => one.url)).toEqual(['/b/chat/completions']);
    expect((await ask(host, '"x"', { models: {} })).text).toBe('capability: model.complete: no model is declared (in "models" of the project\'s capabilities file)');
  });

  test('needs a grant for the host and one for its secret', async () => {
    const { host, seen } = await endpoint();
    expect((await ask(host, '"x"', { grants: ['model', 'secret=KEY'] })).text).toContain(`the model tiny is asked: 127.0.0.1 is a loopback address and is not granted (to allow it: --allow http=${host})`);
    expect((await ask(host, '"x"', { grants: ['model', `http=${host}`] })).text).toContain('it uses the secret KEY: the name "KEY" is not granted (to allow it: --allow secret=KEY)');
    expect(seen).toEqual([]);
  });

  test.each<[string, { readonly status: number; readonly body: string }, string]>([
    ['refuses', { status: 429, body: 'slow down' }, 'host: model.complete: the endpoint of tiny answered 429'],
    ['answers with something else', { status: 200, body: '{"choices": []}' }, 'host: model.complete: the endpoint of tiny did not answer as the protocol says'],
    ['answers with no JSON', { status: 200, body: 'hi' }, 'host: model.complete: the endpoint of tiny did not answer as the protocol says: expected a value at offset 0'],
  ])('that %s fails the call', async (_, raw, message) => expect((await ask((await endpoint(raw)).host, '"x"')).text).toBe(message));

  test('without usage costs nothing', async () => {
    const { host } = await endpoint({ status: 200, body: '{"choices": [{"message": {"content": "hi"}}]}' });
    expect(await ask(host, '"x"')).toEqual({ text: '{:finish-reason nil :model "tiny" :text "hi" :usage {:cost 0.0 :input-tokens 0 :output-tokens 0}}', used: [{ cost: 0, tokens: 0 }] });
  });
});
