import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALIASES } from '../../../src/host/capability/alias.ts';
import { readGrants } from '../../../src/host/open.ts';
import type { Decision, Grant } from '../../../src/host/port.ts';
import { parseGrant } from '../../../src/host/security/grant.ts';
import { parseHostPattern } from '../../../src/host/security/network.ts';
import { grantPolicy } from '../../../src/host/security/policy.ts';
import { isInside } from '../../../src/host/security/path.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword, type Value } from '../../../src/value/value.ts';

const BASE = '/base';
const CAPABILITIES = ['io.print', 'fs.read', 'fs.write', 'fs.append', 'fs.list', 'fs.exists', 'fs.delete', 'http.request', 'http.get', 'time.now', 'random.int', 'uuid.new', 'env.get', 'user.ask', 'my.tool'];

function grant(text: string): Grant {
  const result = parseGrant(text, { baseDirectory: BASE, capabilities: CAPABILITIES, aliasOf: (name) => ALIASES.get(name) });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function decide(grants: readonly string[], capability: string, ...args: Value[]): Decision {
  return grantPolicy({ grants: grants.map(grant), baseDirectory: BASE }).decide({ capability, args });
}

describe('a grant', () => {
  test.each<[string, Grant]>([
    ['fs.read=data', { capability: 'fs.read', scope: '/base/data' }],
    ['fs.read=.', { capability: 'fs.read', scope: '/base' }],
    ['fs.read=../other', { capability: 'fs.read', scope: '/other' }],
    ['fs.read=/abs/./x/', { capability: 'fs.read', scope: '/abs/x' }],
    ['fs.read=a=b', { capability: 'fs.read', scope: '/base/a=b' }],
    ['fs=data', { capability: 'fs', scope: '/base/data' }],
    ['fs=*', { capability: 'fs', scope: '*' }],
    ['http=example.com', { capability: 'http', scope: 'example.com' }],
    ['http=example.com:8080', { capability: 'http', scope: 'example.com:8080' }],
    ['http=[::1]:8080', { capability: 'http', scope: '[::1]:8080' }],
    ['http=*', { capability: 'http', scope: '*' }],
    ['http.get=*.example.com', { capability: 'http.get', scope: '*.example.com' }],
    ['http=10.0.0.0/8', { capability: 'http', scope: '10.0.0.0/8' }],
    ['env=HOME', { capability: 'env', scope: 'HOME' }],
    ['env=*', { capability: 'env', scope: '*' }],
    ['time', { capability: 'time', scope: null }],
    ['time.now', { capability: 'time.now', scope: null }],
    [':user.ask', { capability: 'user.ask', scope: null }],
    ['my.tool', { capability: 'my.tool', scope: null }],
    ['all', { capability: '*', scope: '*' }],
    ['ccos.io.read-file=data', { capability: 'fs.read', scope: '/base/data' }],
  ])('%s is read as data', (text, expected) => {
    expect(grant(text)).toEqual(expected);
  });

  test.each([
    ['fs.raed=x', 'Cannot grant "fs.raed=x": there is no capability "fs.raed"', 'Did you mean fs.read?'],
    ['', 'Cannot grant "": there is no capability ""', 'Grants are: all, '],
    ['fs.read', 'Cannot grant "fs.read": fs.read needs to know which directory', 'Write --allow fs.read=DIR.'],
    ['fs.read=', 'Cannot grant "fs.read=": fs.read needs to know which directory', 'Write --allow fs.read=DIR.'],
    ['http', 'Cannot grant "http": http needs to know which host', 'Write --allow http=HOST[:PORT] or =*.'],
    ['env', 'Cannot grant "env": env needs to know which name', 'Write --allow env=NAME or =*.'],
    ['time=now', 'Cannot grant "time=now": time takes no "="', 'Write --allow time.'],
    ['all=1', 'Cannot grant "all=1": "all" takes no "="', ''],
    ['http=https://example.com/path', 'Cannot grant "http=https://example.com/path": "https://example.com/path" is not a host', 'Name the host only: --allow http=example.com.'],
    ['http=exa mple', 'Cannot grant "http=exa mple": "exa mple" is not a host', 'A host is a name (example.com, *.example.com), an address'],
    ['http=example.com:99999', 'Cannot grant "http=example.com:99999": "example.com:99999" is not a host', ''],
    ['http=2130706433', 'Cannot grant "http=2130706433": "2130706433" is not a host', 'A host is a name'],
  ])('%j is refused with its cure', (text, message, help) => {
    const result = parseGrant(text, { baseDirectory: BASE, capabilities: CAPABILITIES });
    if (result.ok) throw new Error('read');
    expect(result.error).toMatchObject({ code: 'E0504', message });
    expect(result.error.help.join(' ')).toContain(help);
  });

  test('list is refused with all that is wrong in it', () => {
    const result = readGrants(['time', 'fs.raed=x', 'env'], BASE);
    expect(result.ok ? [] : result.error.map((problem) => problem.message)).toEqual([
      'Cannot grant "fs.raed=x": there is no capability "fs.raed"',
      'Cannot grant "env": env needs to know which name',
    ]);
  });
});

describe('a host pattern', () => {
  test.each(['example.com:', 'example.com:0', 'example.com:x', '[::1', '::1]', 'a b', 'http://a', 'a/b', '*.', '*.*', 'x.*.com', '*.10.0.0.1', 'user@host', '0x7f.1', '127.1'])('%j is none', (text) => {
    expect(parseHostPattern(text)).toBeNull();
  });

  test('is written as the URL parser writes hosts', () => {
    expect(parseHostPattern('EXAMPLE.com.')!.host).toEqual({ kind: 'name', name: 'example.com' });
    expect(parseHostPattern('bücher.example')!.host).toEqual({ kind: 'name', name: 'xn--bcher-kva.example' });
  });
});

describe('without grants', () => {
  test('a program may print', () => {
    expect(decide([], 'io.print', 'x').allowed).toBe(true);
  });

  test.each<[string, Value[]]>([
    ['fs.read', ['x']],
    ['fs.delete', ['x']],
    ['http.get', ['https://example.com']],
    ['time.now', []],
    ['random.int', [0, 1]],
    ['uuid.new', []],
    ['env.get', ['HOME']],
    ['user.ask', ['?']],
    ['my.tool', []],
  ])('%s is refused', (capability, args) => {
    expect(decide([], capability, ...args)).toMatchObject({ allowed: false, kind: 'security' });
  });
});

describe('the decision about a path', () => {
  test.each<[string, string, string, boolean]>([
    ['fs.read=data', 'fs.read', 'data/x.txt', true],
    ['fs.read=data', 'fs.read', 'data', true],
    ['fs.read=data', 'fs.read', '/base/data/x', true],
    ['fs.read=data', 'fs.read', './data/../data/x', true],
    ['fs.read=data', 'fs.read', 'data/../secret', false],
    ['fs.read=data', 'fs.read', '../base2/x', false],
    ['fs.read=data', 'fs.read', 'database/x', false],
    ['fs.read=data', 'fs.read', '/etc/passwd', false],
    ['fs.read=data', 'fs.read', '..', false],
    ['fs.read=data', 'fs.read', 'data/..hidden', true],
    ['fs.read=data', 'fs.list', 'data', true],
    ['fs.read=data', 'fs.exists', 'data/x', true],
    ['fs.read=data', 'fs.write', 'data/x', false],
    ['fs.read=data', 'fs.delete', 'data/x', false],
    ['fs.write=data', 'fs.append', 'data/x', true],
    ['fs.write=data', 'fs.read', 'data/x', false],
    ['fs.write=data', 'fs.delete', 'data/x', false],
    ['fs.list=data', 'fs.read', 'data/x', false],
    ['fs=data', 'fs.delete', 'data/x', true],
    ['fs=/', 'fs.read', '/etc/passwd', true],
    ['fs.read=*', 'fs.read', '/etc/passwd', true],
    ['fs.read=data/one.txt', 'fs.read', 'data/one.txt', true],
    ['fs.read=data/one.txt', 'fs.read', 'data/two.txt', false],
    ['all', 'fs.delete', '/x', true],
  ])('%s: %s %s is %s', (text, capability, path, allowed) => {
    expect(decide([text], capability, path).allowed).toBe(allowed);
  });

  test('does not take two grants for one', () => {
    expect(decide(['fs.read=a', 'fs.write=b'], 'fs.write', 'a/x').allowed).toBe(false);
  });

  test('hands the grants of the capability to the call, and no others', () => {
    expect(decide(['fs.read=a', 'fs.read=b', 'fs.write=c', 'time'], 'fs.read', 'a/x')).toEqual({ allowed: true, grants: [grant('fs.read=a'), grant('fs.read=b')] });
  });

  test.each([
    ['fs.read', 'data/x.txt', 'fs.read=data'],
    ['fs.read', 'x.txt', 'fs.read=.'],
    ['fs.write', '/other/dir/x', 'fs.write=/other/dir'],
    ['fs.list', 'data', 'fs.list=data'],
    ['fs.read', '/', 'fs.read=/'],
  ])('hints for %s %s at %s', (capability, path, hint) => {
    expect(decide([], capability, path)).toMatchObject({ hint });
  });

  test.each<[Value, string]>([
    [42, 'type'],
    ['', 'argument'],
    ['a\0b', 'argument'],
  ])('cannot be made about %j', (path, kind) => {
    expect(decide(['fs=/'], 'fs.read', path)).toMatchObject({ allowed: false, kind, hint: null });
  });

  test('inside means inside for every pair of paths', () => {
    const name = fc.constantFrom('a', 'b', '..', '...', '..a', 'a b');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), fc.array(name, { maxLength: 6 }), (root, rest) => {
        const clean = root.filter((part) => part !== '..');
        const target = rest.reduce<string[]>((at, part) => (part === '..' ? at.slice(0, -1) : [...at, part]), clean);
        const inside = clean.every((part, index) => target[index] === part);
        expect(isInside(`/${clean.join('/')}`, `/${target.join('/')}`)).toBe(inside);
      }),
    );
  });
});

describe('the decision about a host', () => {
  test.each<[string, string, boolean]>([
    ['http=example.com', 'https://example.com/x', true],
    ['http=example.com', 'http://EXAMPLE.COM:8080/', true],
    ['http=example.com', 'https://example.com./x', true],
    ['http=example.com', 'https://sub.example.com/', false],
    ['http=example.com', 'https://example.com.evil.test/', false],
    ['http=example.com', 'https://notexample.com/', false],
    ['http=example.com:443', 'https://example.com/', true],
    ['http=example.com:443', 'http://example.com/', false],
    ['http=*.example.com', 'https://a.b.example.com/', true],
    ['http=*.example.com', 'https://example.com/', false],
    ['http=*', 'https://anything.test/', true],
    ['http=*', 'http://8.8.8.8/', true],
    ['http=*', 'http://127.0.0.1/', false],
    ['http=*', 'http://[::1]/', false],
    ['http=*', 'http://10.0.0.1/', false],
    ['http=*', 'http://169.254.169.254/latest', false],
    ['http=*', 'http://2130706433/', false],
    ['http=*', 'http://0x7f.1/', false],
    ['http=*', 'http://0177.0.0.1/', false],
    ['http=*', 'http://127.1/', false],
    ['http=*', 'http://[::ffff:127.0.0.1]/', false],
    ['http=*', 'http://[::ffff:7f00:1]/', false],
    ['http=*', 'http://0/', false],
    ['http=127.0.0.1:8080', 'http://127.0.0.1:8080/', true],
    ['http=127.0.0.1:8080', 'http://127.0.0.1:8081/', false],
    ['http=127.0.0.1:8080', 'http://2130706433:8080/', true],
    ['http=127.0.0.1:8080', 'http://localhost:8080/', false],
    ['http=localhost', 'http://localhost:1234/', true],
    ['http=localhost', 'http://127.0.0.1:1234/', true],
    ['http=localhost', 'http://10.0.0.1/', false],
    ['http=localhost', 'http://example.com/', false],
    ['http=10.0.0.0/8', 'http://10.9.8.7/', true],
    ['http=10.0.0.0/8', 'http://11.0.0.1/', false],
    ['http=10.0.0.0/8', 'http://intranet/', false],
    ['http=[::1]:8080', 'http://[::1]:8080/', true],
    ['http=::1', 'http://[::1]:8080/', true],
    ['all', 'http://127.0.0.1/', true],
    ['http.request=example.com', 'http://example.com/', false],
  ])('%s: %s is %s', (text, url, allowed) => {
    expect(decide([text], 'http.get', url).allowed).toBe(allowed);
  });

  test.each<[Value[]]>([
    [[MapValue.of(keyword('url'), 'https://example.com/')]],
    [[keyword('method'), 'GET', keyword('url'), 'https://example.com/']],
    [['https://example.com/', MapValue.of(keyword('method'), 'GET')]],
    [['https://example.com/', MapValue.of(keyword('url'), 'https://evil.test/')]],
  ])('reads the URL wherever it stands', (args) => {
    expect(decide(['http=example.com'], 'http.request', ...args).allowed).toBe(true);
  });

  test.each<[Value[], string]>([
    [['not a url'], 'argument'],
    [['ftp://example.com/'], 'argument'],
    [['file:///etc/passwd'], 'argument'],
    [['http://user:secret@example.com/'], 'argument'],
    [[42], 'type'],
    [[], 'arity'],
    [[keyword('url')], 'arity'],
    [[MapValue.empty()], 'type'],
  ])('cannot be made about %j', (args, kind) => {
    expect(decide(['http=*'], 'http.request', ...args)).toMatchObject({ allowed: false, kind });
  });

  test.each([
    ['https://example.com/x', 'http=example.com'],
    ['https://example.com:8443/x', 'http=example.com:8443'],
    ['http://[::1]:8080/', 'http=[::1]:8080'],
  ])('hints for %s at %s', (url, hint) => {
    expect(decide([], 'http.get', url)).toMatchObject({ hint });
  });
});

describe('the decision about the rest', () => {
  test.each<[string, string, Value[], boolean]>([
    ['env=HOME', 'env.get', ['HOME'], true],
    ['env=HOME', 'env.get', ['home'], false],
    ['env=HOME', 'env.get', ['HOME2'], false],
    ['env=*', 'env.get', ['ANY'], true],
    ['time', 'time.now', [], true],
    ['time.now', 'time.sleep', [1], false],
    ['random', 'random.int', [0, 1], true],
    ['my.tool', 'my.tool', [], true],
    ['my.tool', 'my.tool2', [], false],
    ['all', 'my.tool', [], true],
  ])('%s: %s %j is %s', (text, capability, args, allowed) => {
    expect(decide([text], capability, ...args).allowed).toBe(allowed);
  });
});

test('the grant that a refusal names is always enough', () => {
  const request = fc.oneof(
    fc.tuple(fc.constantFrom('fs.read', 'fs.write', 'fs.list', 'fs.delete'), fc.array(fc.constantFrom('a', 'b c', '..', '=', "it's"), { minLength: 1 }).map((parts) => parts.join('/'))),
    fc.tuple(fc.constantFrom('http.get', 'http.request'), fc.webUrl({ validSchemes: ['http', 'https'] })),
    fc.tuple(fc.constantFrom('http.get'), fc.oneof(fc.ipV4(), fc.ipV6().map((address) => `[${address}]`)).map((host) => `http://${host}:8080/`)),
    fc.tuple(fc.constantFrom('env.get'), fc.stringMatching(/^[A-Z_]+$/)),
    fc.tuple(fc.constantFrom('time.now', 'user.ask', 'my.tool'), fc.constant('x')),
  );
  fc.assert(
    fc.property(request, ([capability, argument]) => {
      const decision = decide([], capability, argument);
      if (decision.allowed || decision.hint === null) throw new Error('not refused with a hint');
      expect(decide([decision.hint], capability, argument).allowed).toBe(true);
    }),
    { numRuns: 500 },
  );
});
