/** Methods about programs: `compile`, `check`, `expand`; and where `start` finds its program. */
import { quoteJson } from '../../value/json-write.ts';
import { compile, type Compilation, type CompileOptions, type Source } from '../compile.ts';
import { expand } from '../expand.ts';
import { diagnosticsText } from './outcome.ts';
import type { Params } from './params.ts';
import type { Given, Service } from './protocol.ts';
import { objectText, RPC_CODES, RpcError } from './rpc.ts';
import type { OpenCode } from './token.ts';

const FILE = 'plan.rtfs';

interface Sources {
  readonly main: Source;
  readonly loadModule: NonNullable<CompileOptions['loadModule']>;
  readonly lookup: (file: string) => string | null;
}

function sourcesOf(params: Params): Sources {
  const source = params.object('source', ['file', 'text']);
  const main = { file: source.optionalText('file') ?? FILE, text: source.text('text') };
  const modules = new Map(params.entries('modules').map(([name, text]) => [name, typeof text === 'string' ? text : params.refuse(`modules.${name}`, 'must be the text of the module')] as const));
  const loadModule = (name: string): Source | null => {
    const text = modules.get(name);
    return text === undefined ? null : { file: name, text };
  };
  return { main, loadModule, lookup: (file) => (file === main.file ? main.text : (modules.get(file) ?? null)) };
}

function compiled(params: Params, { environment }: Service, variables: Iterable<string>, lint: boolean): Compilation & Pick<Sources, 'lookup'> {
  const { main, loadModule, lookup } = sourcesOf(params);
  return { ...compile(environment, main, { loadModule, variables, lint }), lookup };
}

export function compileMethod(params: Params, service: Service): Given {
  const { program, diagnostics, lookup } = compiled(params, service, params.texts('variables'), params.flag('lint'));
  const code = program === null ? null : service.tokens.codeOf(program);
  return {
    result: {
      code: code === null ? 'null' : quoteJson(service.tokens.sealCode(code)),
      program: code === null ? 'null' : quoteJson(code.hash),
      diagnostics: diagnosticsText(diagnostics, lookup),
    },
  };
}

export function checkMethod(params: Params, service: Service): Given {
  const { program, diagnostics, lookup } = compiled(params, service, params.texts('variables'), true);
  return { result: { valid: String(program !== null), diagnostics: diagnosticsText(diagnostics, lookup) } };
}

export function expandMethod(params: Params, { environment }: Service): Given {
  const { main, loadModule, lookup } = sourcesOf(params);
  const { text, diagnostics } = expand(environment, main, { loadModule, variables: params.texts('variables') });
  return { result: { text: text === null ? 'null' : quoteJson(text), diagnostics: diagnosticsText(diagnostics, lookup) } };
}

/** The program that a request names: `code` that a server gave out, or `source`. */
export function codeOf(params: Params, service: Service, variables: Iterable<string>): OpenCode {
  if (params.has('code') === params.has('source')) params.refuse('code', 'or source must be given, and not both');
  if (params.has('code')) {
    const code = service.tokens.openCode(params.text('code'));
    if (code.ok) return code.value;
    throw new RpcError(RPC_CODES.state, code.error.message, objectText({ reason: quoteJson(code.error.reason) }));
  }
  const key = sourceKey(params, variables);
  const known = service.sources.get(key);
  if (known !== undefined) return known;
  const { program, diagnostics, lookup } = compiled(params, service, variables, false);
  if (program === null) throw new RpcError(RPC_CODES.program, 'the program has errors', objectText({ diagnostics: diagnosticsText(diagnostics, lookup) }));
  const code = service.tokens.codeOf(program);
  service.sources.set(key, code);
  return code;
}

/** All that a program is compiled from. */
function sourceKey(params: Params, variables: Iterable<string>): string {
  const { main } = sourcesOf(params);
  return JSON.stringify([main.file, main.text, params.entries('modules'), [...variables]]);
}
