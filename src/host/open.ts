/** The one file that names adapters: a host, put together from grants and the world. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Diagnostic, Result } from '../diagnostic/diagnostic.ts';
import type { Value } from '../value/value.ts';
import { ALIASES } from './capability/alias.ts';
import { envCapabilities } from './capability/env.ts';
import { fsCapabilities } from './capability/fs.ts';
import { httpCapabilities, httpRequest } from './capability/http.ts';
import { fetchUnder } from './capability/http-fetch.ts';
import { ioCapabilities } from './capability/io.ts';
import { modelCapabilities, type ModelPorts } from './capability/model.ts';
import { randomCapabilities } from './capability/random.ts';
import { secretCapabilities } from './capability/secret.ts';
import { timeCapabilities } from './capability/time.ts';
import { userCapabilities } from './capability/user.ts';
import { uuidCapabilities } from './capability/uuid.ts';
import { systemClock } from './clock.ts';
import { HostFailure } from './failure.ts';
import { openPureHost } from './function-host.ts';
import type { Environment as Language } from './compile.ts';
import { streamConsole } from './console.ts';
import { createRe2Engine } from '../evaluator/primitives/re2.ts';
import { Approvals } from './executor/approvals.ts';
import { DeclaredCapabilities } from './executor/declared.ts';
import { type ExecutorPorts, type FunctionPort, READ_SECRET, SPAWN } from './executor/ports.ts';
import { withHouseManifest } from './manifest/house.ts';
import { type Manifest, manifestOf } from './manifest/manifest.ts';
import { type CapabilityFile, NO_CAPABILITIES } from './manifest/read.ts';
import type { Capability, Clock, Console, Entropy, Environment, Grant, Host, Policy, ResolveName } from './port.ts';
import { capabilityRegistry } from './registry.ts';
import { environmentSecrets } from './secret-source.ts';
import { type GrantContext, parseGrants } from './security/grant.ts';
import { grantPolicy, type PolicyData } from './security/policy.ts';
import { type NamedPolicy, readPolicy } from './security/policy-text.ts';
import type { Amounts } from './amounts.ts';
import type { Governed } from './security/governance.ts';
import { lesserAmounts } from './security/runtime-context.ts';
import { type SecretSource, withSecrets } from './security/secret.ts';

/** Everything that is not given is the machine's own. */
export interface HostOptions {
  readonly grants: readonly Grant[];
  /** Absolute; relative paths of programs start here. The working directory unless given. */
  readonly baseDirectory?: string;
  readonly console?: Console;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  readonly environment?: Environment;
  readonly resolveName?: ResolveName;
  /** Where secrets come from. The variables `RTFS_SECRET_…` of the environment unless given. */
  readonly secrets?: SecretSource;
  /** What may see the context of plans: ids, families (`audit.`) and tags (`#audit`). Default: nothing. */
  readonly expose?: readonly string[];
  /** Calls of a capability or family that are only made from steps that see no more than the level. */
  readonly isolation?: PolicyData['isolation'];
  /** The ceiling of everything that is granted: a policy that was read. Default: none. */
  readonly policy?: NamedPolicy;
  /** Rules that stand above every grant. Default: none. */
  readonly constitution?: PolicyData['constitution'];
  /** What the calls of a run may take in all; what is not named is not limited. The policy's ceiling holds beside it. */
  readonly budget?: Amounts;
  /** Whether calls from steps that see more than is recommended are denied; else they carry a warning. */
  readonly strict?: boolean;
  /** Capabilities besides those of the house; one with a known id replaces it. They too need a grant. */
  readonly capabilities?: readonly Capability[];
  /** What a capabilities file declares (`readCapabilities`). */
  readonly declared?: CapabilityFile;
  /** For capabilities written in RTFS; without it they cannot be called. */
  readonly language?: () => Language;
  /** Changes of approval while the host is open. */
  readonly approvals?: Approvals;
}

export function openHost(options: HostOptions): Host & Governed {
  const world = worldOf(options);
  const secrets = secretsOf(options, world);
  const withTexts = (one: Capability): Capability => ('call' in one && one.takesSecrets === true ? withSecrets(one, secrets) : one);
  const approvals = options.approvals ?? new Approvals();
  const policy = grantPolicy(policyData(options, world.baseDirectory, (id) => declaredBy(id, hostFor(0).capabilities.find(id), approvals)));
  const house = (): Capability[] => [...houseCapabilities(world), ...modelsOf(options.declared ?? NO_CAPABILITIES, ports), ...(options.capabilities ?? [])].map(withTexts);
  const hostFor = (hops: number): Omit<Host & Governed, 'close'> => ({
    capabilities: capabilityRegistry([...house(), ...declared.at(hops)], ALIASES, (id) => declared.find(id, hops)),
    policy,
    clock: world.clock,
    ask: world.console.ask,
    ...limitsOf(options),
  });
  const ports = executorPorts(options, world, policy, hostFor);
  const declared = new DeclaredCapabilities(options.declared ?? NO_CAPABILITIES, ports);
  return {
    ...hostFor(0),
    close: async () => {
      world.console.close();
      await declared.close();
    },
  };
}

/** One source for plans, manifests, models and servers. */
function secretsOf({ secrets }: HostOptions, { environment }: Pick<World, 'environment'>): SecretSource {
  return secrets ?? environmentSecrets(environment);
}

/** What of the options bounds a run beside its grants. */
function limitsOf({ policy, constitution, budget = {} }: HostOptions): Pick<Host, 'budget' | 'stretchMs'> & Governed {
  const grant = policy === undefined ? budget : lesserAmounts(policy.context.budget, budget);
  const soft = policy?.context.softBudget ?? {};
  const isCounted = Object.keys(grant).length > 0 || Object.keys(soft).length > 0;
  const source = policy === undefined || Object.keys(policy.context.budget).length === 0 ? '--budget' : `the policy ${policy.name}`;
  return {
    ...(isCounted ? { budget: { grant, source, soft } } : {}),
    ...(policy === undefined ? {} : { stretchMs: policy.context.limits.timeMs }),
    ...(constitution == null ? {} : { constitution }),
  };
}

function policyData(options: HostOptions, baseDirectory: string, declared: NonNullable<PolicyData['declared']>): PolicyData {
  const { grants, policy, constitution, strict } = options;
  return {
    grants,
    baseDirectory,
    isolation: options.isolation ?? [],
    declared,
    ...(options.expose === undefined ? {} : { expose: options.expose }),
    ...(policy === undefined ? {} : { context: policy.context, contextName: `the policy ${policy.name}` }),
    ...(constitution === undefined ? {} : { constitution }),
    ...(strict === undefined ? {} : { strict }),
  };
}

/** What the house's own capabilities do is known more exactly than their manifests say it. */
function declaredBy(id: string, capability: Capability | undefined, approvals: Approvals): ReturnType<NonNullable<PolicyData['declared']>> {
  const { takesSecrets = false, manifest } = capability ?? {};
  const approval = approvals.of(manifest ?? { id, approval: 'auto' });
  return manifest === undefined || manifest.provider === 'house' ? { takesSecrets, approval } : { takesSecrets, effects: manifest.effects, approval };
}

function executorPorts(options: HostOptions, world: World, policy: Policy, hostFor: FunctionPort['hostFor']): ExecutorPorts {
  const { language, declared = NO_CAPABILITIES } = options;
  const { baseDirectory } = world;
  return {
    clock: world.clock,
    baseDirectory,
    policy,
    request: httpRequest(world),
    fetch: (name, grants) => fetchUnder(world, name, grants),
    secret: secretsOf(options, world),
    regex: createRe2Engine(),
    servers: declared.servers,
    functions: language === undefined ? null : functionPort(language, baseDirectory, hostFor),
  };
}

function modelsOf(declared: CapabilityFile, ports: ModelPorts): Capability[] {
  return modelCapabilities(declared.models, declared.delegation ?? null, ports).map(withHouseManifest);
}

/** Stands in where capabilities are only listed. */
const NO_PORTS: ModelPorts = {
  policy: { decide: () => ({ allowed: false, kind: 'capability', reason: '', hint: null }) }, clock: systemClock, request: () => null, secret: () => Promise.resolve(null),
};

function functionPort(language: () => Language, baseDirectory: string, hostFor: FunctionPort['hostFor']): FunctionPort {
  return { hostFor, load: async (file, name) => (await import('./executor/function-program.ts')).loadFunction(language(), baseDirectory, file, name) };
}

type World = Required<Pick<HostOptions, 'baseDirectory' | 'console' | 'clock' | 'entropy' | 'environment' | 'resolveName'>>;

function worldOf(options: HostOptions): World {
  return {
    baseDirectory: options.baseDirectory ?? process.cwd(),
    console: options.console ?? streamConsole({ input: process.stdin, output: process.stdout, error: process.stderr }),
    clock: options.clock ?? systemClock,
    entropy: options.entropy ?? randomBytes,
    environment: options.environment ?? systemVariable,
    resolveName: options.resolveName ?? resolveName,
  };
}

function houseCapabilities(world: World): Capability[] {
  return [
    ...ioCapabilities(world.console),
    ...fsCapabilities(world),
    ...httpCapabilities(world).map((capability) => ({ ...capability, takesSecrets: true })),
    ...timeCapabilities(world.clock),
    ...randomCapabilities(world.entropy),
    ...uuidCapabilities(world.entropy),
    ...envCapabilities(world.environment),
    ...secretCapabilities(),
    ...userCapabilities(),
  ].map(withHouseManifest);
}

/**
 * Grants from their text (`fs.read=data`), or all that is wrong with them. `more` are ids of capabilities that the host
 * will have besides those of the house.
 */
export function readGrants(texts: readonly string[], baseDirectory: string, more: readonly string[] = []): Result<readonly Grant[], readonly Diagnostic[]> {
  return parseGrants(texts, grantContext(baseDirectory, more));
}

/** A policy from its document, which is called `name` in messages; else all that is wrong with it. */
export function readPolicyDocument(name: string, document: Value, baseDirectory: string, more: readonly string[] = []): Result<NamedPolicy, readonly Diagnostic[]> {
  return readPolicy(name, document, grantContext(baseDirectory, more));
}

function grantContext(baseDirectory: string, more: readonly string[]): GrantContext {
  const house = [...houseCapabilities(worldOf({ console: NO_CONSOLE, grants: [], baseDirectory })), ...modelsOf(NO_CAPABILITIES, NO_PORTS)];
  const capabilities = [...house.map((capability) => capability.id), SPAWN, READ_SECRET, ...more];
  return { baseDirectory, capabilities, aliasOf: (name) => ALIASES.get(name) };
}

/** The manifests of everything that a host with this file can call, sorted by id; tools that the file does not name are missing. */
export function listManifests(declared: CapabilityFile): readonly Manifest[] {
  const house = [...houseCapabilities(worldOf({ console: NO_CONSOLE, grants: [] })), ...modelsOf(declared, NO_PORTS)].map(manifestOf);
  const own = new Set(declared.manifests.map((manifest) => manifest.id));
  return [...house.filter((manifest) => !own.has(manifest.id)), ...declared.manifests].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The tools of the file's MCP servers, which are started and ended for it; or why they cannot be told. */
export async function listTools(declared: CapabilityFile, baseDirectory: string): Promise<Result<readonly Manifest[], string>> {
  const world = worldOf({ console: NO_CONSOLE, grants: [], baseDirectory });
  const everything = grantPolicy({ grants: [EVERYTHING], baseDirectory });
  const { McpServers } = await import('./executor/mcp/servers.ts');
  const servers = new McpServers(executorPorts({ grants: [], declared }, world, everything, () => openPureHost()));
  try {
    const tools = [];
    for (const { name } of declared.servers) tools.push(...(await servers.tools(name, { name: `mcp.${name}` })));
    return { ok: true, value: tools };
  } catch (cause) {
    if (cause instanceof HostFailure) return { ok: false, error: cause.message };
    throw cause;
  } finally {
    await servers.close();
  }
}

const EVERYTHING: Grant = { capability: '*', scope: '*' };

const nobody = (): Promise<never> => Promise.reject(new Error('nobody listens'));

/** Stands in where capabilities are only listed. */
const NO_CONSOLE: Console = { writeOut: nobody, writeError: nobody, ask: nobody, close: () => undefined };

/** Own properties only: `__proto__` and the like are no variables. */
function systemVariable(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
}

/** As the system resolves names: hosts file first, then the name service. */
async function resolveName(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map((entry) => entry.address);
}
