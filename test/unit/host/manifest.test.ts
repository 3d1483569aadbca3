/** Capabilities files, and what their types do to calls. */
import { describe, expect, test } from 'vitest';
import { Contract } from '../../../src/host/manifest/contract.ts';
import { withHouseManifest } from '../../../src/host/manifest/house.ts';
import { typeOfSchema } from '../../../src/host/manifest/json-schema.ts';
import { manifestOf } from '../../../src/host/manifest/manifest.ts';
import { readCapabilities } from '../../../src/host/manifest/read.ts';
import { readType, typeText } from '../../../src/host/manifest/type.ts';
import { openHost } from '../../../src/host/open.ts';
import { createRe2Engine } from '../../../src/evaluator/primitives/re2.ts';
import { readValue } from '../../../src/parser/datum.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { capability, failureFrom, MemoryConsole } from './support.ts';

const WEATHER = {
  id: 'weather.today',
  version: '1.2.0',
  summary: 'the weather of a city',
  input: '[:map [:city string] [:unit [:enum "c" "f"] ?]]',
  output: '[:map [:degrees number]]',
  effects: [':Network'],
  determinism: 'recorded',
  cost: 0.5,
  tokens: 3,
  secrets: ['WEATHER'],
  'timeout-ms': 1500,
  approval: 'approved',
  tags: ['#outside'],
  http: { url: 'https://weather.example/{city}', headers: { authorization: 'Bearer {secret:WEATHER}' }, at: ['main', 0] },
};

function problems(data: unknown, file = 'capabilities.json'): string[] {
  const read = readCapabilities(typeof data === 'string' ? data : JSON.stringify(data), file);
  return read.ok ? [] : read.error.flatMap((one) => [one.message, ...(one.help ?? [])]);
}

describe('a capabilities file', () => {
  test('is read with everything that it says', () => {
    const read = readCapabilities(JSON.stringify({ capabilities: [WEATHER] }), 'capabilities.json');
    expect(read).toMatchObject({
      ok: true,
      value: {
        manifests: [
          {
            id: 'weather.today', version: '1.2.0', summary: 'the weather of a city', provider: 'project', effects: ['network'], determinism: 'recorded', cost: 0.5, tokens: 3,
            secrets: ['WEATHER'], timeoutMs: 1500, approval: 'approved', tags: ['outside'],
            executor: { kind: 'http', method: 'GET', url: 'https://weather.example/{city}', headers: [['authorization', 'Bearer {secret:WEATHER}']], body: 'none', as: 'json', at: ['main', 0] },
          },
        ],
        servers: [], models: [],
      },
    });
    const [manifest] = read.ok ? read.value.manifests : [];
    expect([typeText(manifest!.input), typeText(manifest!.output)]).toEqual(['[:map [:city string] [:unit [:enum "c" "f"] ?]]', '[:map [:degrees number]]']);
  });

  test('may be RTFS data, where types and names stand as in programs', () => {
    const text = `{:capabilities [{:id :text.count :input [:tuple string int?] :output int :effects [] :process {:command "wc" :args ["-c"]}}]
                   :servers {:files {:command "node" :args ["server.js"]} :far {:url "http://127.0.0.1:9/mcp"}}
                   :models {:small {:url "http://127.0.0.1:9/v1/" :model "s-1" :input-price 2.5}}}`;
    const read = readCapabilities(text, 'capabilities.rtfs');
    expect(read).toMatchObject({
      ok: true,
      value: {
        manifests: [{ id: 'text.count', effects: [], determinism: 'live', executor: { kind: 'process', command: 'wc', args: ['-c'], directory: '.', memoryMib: 256 } }],
        servers: [{ kind: 'http', name: 'far', url: 'http://127.0.0.1:9/mcp' }, { kind: 'stdio', name: 'files', command: 'node' }],
        models: [{ name: 'small', url: 'http://127.0.0.1:9/v1', model: 's-1', secret: null, inputPrice: 2.5, outputPrice: 0 }],
      },
    });
  });

  test.each<[string, unknown, string[]]>([
    ['an unknown key', { capabilities: [{ ...WEATHER, efects: [] }] }, ['capabilities.json: capabilities[0]: unknown key "efects"', 'did you mean "effects"?']],
    ['a key of the file', { capabilites: [] }, ['capabilities.json: unknown key "capabilites"', 'did you mean "capabilities"?']],
    ['a missing id', { capabilities: [{ ...WEATHER, id: undefined }] }, ['capabilities.json: capabilities[0]: the key "id" is missing']],
    ['an id of one word', { capabilities: [{ ...WEATHER, id: 'weather' }] }, ['capabilities.json: capabilities[0].id: "weather" cannot be the id of a capability', 'an id is two or more words with dots between them: "weather.today"']],
    ['an id that is taken', { capabilities: [WEATHER, WEATHER] }, ['capabilities.json: capabilities[1].id: weather.today is declared twice', 'remove one of the two, or give it another id']],
    ['a wrong type', { capabilities: [{ ...WEATHER, input: '[:map [:city strin]]' }] }, ['capabilities.json: capabilities[0].input: unknown type `strin`', 'did you mean `string`?']],
    ['a type that is no text', { capabilities: [{ ...WEATHER, output: '[:vector' }] }, ['capabilities.json: capabilities[0].output: This `[` is not closed', 'Put `]` where it ends.']],
    ['a class of determinism', { capabilities: [{ ...WEATHER, determinism: 'recordd' }] }, ['capabilities.json: capabilities[0].determinism: expected "pure", "idempotent", "recorded" or "live", found "recordd"', 'did you mean "recorded"?']],
    ['no way to carry it out', { capabilities: [{ ...WEATHER, http: undefined }] }, ['capabilities.json: capabilities[0]: it is not said how to carry out a call', 'give one of http, process, rtfs, mcp']],
    ['two ways', { capabilities: [{ ...WEATHER, rtfs: { file: 'a', function: 'f' } }] }, ['capabilities.json: capabilities[0]: there are several ways to carry out a call: http, rtfs', 'give one of http, process, rtfs, mcp']],
    ['a secret that is not declared', { capabilities: [{ ...WEATHER, secrets: ['WETHER'] }] }, ['capabilities.json: capabilities[0].http.headers.authorization: the secret "WEATHER" cannot be used here', 'did you mean "WETHER"?']],
    ['a secret in a URL', { capabilities: [{ ...WEATHER, http: { url: 'http://x/{secret:WEATHER}' } }] }, ['capabilities.json: capabilities[0].http.url: the secret "WEATHER" cannot be used here', 'name it in "secrets"; secrets may stand in headers and environments only']],
    ['a bracket too many', { capabilities: [{ ...WEATHER, http: { url: 'http://x/{city' } }] }, ['capabilities.json: capabilities[0].http.url: "http://x/{city" has a bracket too many', 'fields are written {name}, a bracket itself {{ or }}']],
    ['a time below the range', { capabilities: [{ ...WEATHER, 'timeout-ms': 0 }] }, ['capabilities.json: capabilities[0].timeout-ms: expected a number from 1 to 86400000, found 0']],
    ['a fraction', { capabilities: [{ ...WEATHER, 'timeout-ms': 1.5 }] }, ['capabilities.json: capabilities[0].timeout-ms: expected an integer, found 1.5']],
    ['a list that is none', { capabilities: {} }, ['capabilities.json: capabilities: expected a list, found a map']],
    ['a tool of no server', { capabilities: [{ id: 'a.b', mcp: { server: 's', tool: 't' } }] }, ['capabilities.json: capabilities[0].mcp.server: there is no server "s"', 'declare it in "servers"']],
    ['a server with nothing to reach it by', { servers: { s: {} } }, ['capabilities.json: servers.s: a server has either a "command" to start or a "url" to ask']],
    ['a server with two', { servers: { s: { command: 'a', url: 'http://x' } } }, ['capabilities.json: servers.s: a server has either a "command" to start or a "url" to ask']],
    ['a URL of another kind', { servers: { s: { url: 'file:///x' } } }, ['capabilities.json: servers.s.url: "file:///x" is no http or https URL']],
    ['a name with a dot', { models: { 'a.b': { url: 'http://x' } } }, ['capabilities.json: models.a.b: a name is letters, digits, "-" and "_", and begins with a letter']],
    ['no map at all', [], ['capabilities.json: expected a map, found a vector']],
  ])('with %s is refused', (_, data, expected) => expect(problems(data)).toEqual(expected));

  test('tells all that is wrong at once', () => {
    const read = readCapabilities(JSON.stringify({ capabilities: [{ id: 'x', http: { url: 5, method: 'GIT' } }], server: {} }), 'c.json');
    expect(read.ok ? [] : read.error.map((one) => one.message)).toEqual([
      'c.json: unknown key "server"',
      'c.json: capabilities[0].id: "x" cannot be the id of a capability',
      'c.json: capabilities[0].http.method: expected "GET", "POST", "PUT", "PATCH", "DELETE" or "HEAD", found "GIT"',
      'c.json: capabilities[0].http.url: expected text, found an integer',
    ]);
  });

  test.each(['{"capabilities": [', '', '\u0000'])('that is no JSON (%j) is refused with the place', (text) => {
    const read = readCapabilities(text, 'c.json');
    expect(read).toMatchObject({ ok: false, error: [{ code: 'E0503', span: { file: 'c.json' } }] });
  });

  test('keys that every object of the engine has are keys like others', () => {
    expect(problems('{"__proto__": 1, "constructor": 2}')).toEqual(expect.arrayContaining(['capabilities.json: unknown key "__proto__"', 'capabilities.json: unknown key "constructor"']));
  });
});

describe('a contract', () => {
  const contract = (input: string | null, output: string | null = null) => new Contract({ id: 'a.b', input: typeOf(input), output: typeOf(output) }, createRe2Engine());
  const typeOf = (text: string | null): Value => {
    const type = text === null ? null : readType(text);
    if (type !== null && !type.ok) throw new Error(type.error.message);
    return type === null ? null : type.value;
  };
  const value = (text: string): Value => {
    const read = readValue(text);
    if (!read.ok) throw new Error(text);
    return read.value;
  };
  const inputOf = (type: string | null, args: string): string | null => printValue(contract(type).input([...(value(`[${args}]`) as Iterable<Value>)]));

  test.each<[string | null, string, string]>([
    [null, '1 :a', '[1 :a]'],
    [null, '', '[]'],
    ['[:map [:city string] [:unit string ?]]', '{:city "Rome"}', '{:city "Rome"}'],
    ['[:map [:city string] [:unit string ?]]', '"Rome"', '{:city "Rome"}'],
    ['[:map [:b int] [:a int]]', '1 2', '{:a 2 :b 1}'],
    ['[:map [:unit string ?]]', '', '{}'],
    ['[:tuple string int]', '"a" 1', '["a" 1]'],
    ['[:union [:tuple string] [:tuple string int]]', '"a"', '["a"]'],
    ['[:tuple]', '', '[]'],
    ['int', '5', '5'],
    ['map', '{:a 1}', '{:a 1}'],
    ['[:and string [:matches-regex "^a+$"]]', '"aaa"', '"aaa"'],
  ])('takes %s from %j as %s', (type, args, expected) => expect(inputOf(type, args)).toBe(expected));

  test.each<[string, string, string, string]>([
    ['[:map [:city string]]', '{:city 5}', 'validation', 'Type validation error: input of a.b: Type mismatch at .city: expected string, got integer'],
    ['[:map [:city string]]', '{"city" "Rome"}', 'validation', 'Type validation error: input of a.b: Missing required key :city (the map has the string "city" as a key, not the keyword)'],
    ['[:map [:city string]]', '"a" "b"', 'arity', 'Arity mismatch in a.b: expected 1, got 2'],
    ['[:map [:b int] [:a int]]', '1', 'arity', 'Arity mismatch in a.b: expected 1 (a map) or 2, got 1'],
    ['[:tuple string int]', '"a"', 'validation', 'Type validation error: input of a.b: Shape violation: expected 2 elements, got 1'],
    ['int', '1 2', 'arity', 'Arity mismatch in a.b: expected 1, got 2'],
    ['[:and string [:matches-regex "^a+$"]]', '"ab"', 'validation', 'Type validation error: input of a.b: Predicate violation: matches-regex "^a+$" failed for value "ab"'],
  ])('of %s refuses %s', async (type, args, kind, message) => {
    const failure = await failureFrom((async () => inputOf(type, args))());
    expect([failure.kind, failure.message]).toEqual([kind, message]);
  });

  test('holds the answer against the type of the output', async () => {
    expect(contract(null, 'int').output(5)).toBe(5);
    const failure = await failureFrom((async () => contract(null, '[:vector int]').output(value('[1 "2"]')))());
    expect(failure.message).toBe('Type validation error: answer of a.b: Type mismatch at [1]: expected int, got string');
  });
});

describe('JSON Schema', () => {
  test.each<[unknown, string]>([
    [{ type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer', minimum: 1 } }, required: ['a'] }, '[:map [:a string] [:b [:optional [:and int [:>= 1]]] ?]]'],
    [{ type: 'array', items: { type: 'number' }, minItems: 2 }, '[:and [:vector number] [:min-count 2]]'],
    [{ enum: ['x', 'y'] }, '[:enum "x" "y"]'],
    [{ const: 'x' }, '[:val "x"]'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string?'],
    [{ type: ['integer', 'boolean'] }, '[:union int bool]'],
    [{ type: 'object' }, 'map'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, '[:map-of keyword int]'],
    [{ $defs: { n: { type: 'integer' } }, type: 'array', items: { $ref: '#/$defs/n' } }, '[:vector int]'],
    [{ type: 'string', minLength: 1, maxLength: 5, format: 'date' }, '[:and string [:min-length 1] [:max-length 5]]'],
    [{ anyOf: [{ type: 'string' }, {}] }, 'any'],
    [{ $ref: 'https://elsewhere.example/schema' }, 'any'],
    [true, 'any'],
    [null, 'any'],
    ['text', 'any'],
    [{ enum: [{}, 1] }, 'any'],
  ])('%j is %s', (schema, text) => expect(typeText(typeOfSchema(schema))).toBe(text));

  test('that refers to itself ends as any', () => {
    const schema = { $defs: { tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' } } } }, $ref: '#/$defs/tree' };
    expect(typeText(typeOfSchema(schema))).toMatch(/^\[:map \[:left \[:optional \[:map/);
  });
});

describe('the house', () => {
  const host = openHost({ grants: [], console: new MemoryConsole(), baseDirectory: '/' });
  const ids = ['io.print', 'io.println', 'io.log', 'fs.read', 'fs.write', 'fs.append', 'fs.list', 'fs.exists', 'fs.delete', 'http.request', 'http.get', 'time.now', 'time.millis', 'time.sleep',
    'step.sleep', 'step.deadline', 'step.checkpoint', 'random.int', 'random.float', 'uuid.new', 'env.get', 'user.ask', 'step.delegate', 'model.complete', 'secret.get'];

  test.each(ids)('%s has a manifest that agrees with it', (id) => {
    const found = host.capabilities.find(id)!;
    const manifest = manifestOf(found);
    expect(manifest).toMatchObject({ id, provider: 'house', determinism: found.determinism, summary: found.summary, approval: 'auto', executor: null });
    // A checkpoint changes nothing outside of the run's own store.
    expect(manifest.effects).toHaveLength(id === 'step.checkpoint' ? 0 : 1);
    expect(manifest.effects).not.toContain('unknown');
  });

  test('has no capability without a manifest', () => {
    const without = new Set(host.capabilities.names().flatMap((name) => (host.capabilities.find(name)?.manifest === undefined ? [name] : [])));
    expect([...without]).toEqual([]);
  });

  test('what says nothing of itself has unknown effects', () => {
    const own = capability('own.thing', async () => null);
    expect(withHouseManifest(own)).toBe(own);
    expect(manifestOf(own)).toMatchObject({ id: 'own.thing', effects: ['unknown'], determinism: 'live', input: null, approval: 'auto' });
  });
});
