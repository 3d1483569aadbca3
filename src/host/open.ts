/** The one file that names adapters: a host, put together from grants and the world. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Diagnostic, Result } from '../diagnostic/diagnostic.ts';
import type { Value } from '../value/value.ts';
import { ALIASES } from './capability/alias.ts';
import { envCapabilities } from './capability/env.ts';
import { fsCapabilities } from './capability/fs.ts';
import { httpCapabilities } from './capability/http.ts';
import { ioCapabilities } from './capability/io.ts';
import { randomCapabilities } from './capability/random.ts';
import { secretCapabilities } from './capability/secret.ts';
import { timeCapabilities } from './capability/time.ts';
import { userCapabilities } from './capability/user.ts';
import { uuidCapabilities } from './capability/uuid.ts';
import { systemClock } from './clock.ts';
import { streamConsole } from './console.ts';
import type { Capability, CapabilityRegistry, Clock, Console, Entropy, Environment, Grant, Host, ResolveName } from './port.ts';
import { capabilityRegistry } from './registry.ts';
import { environmentSecrets } from './secret-source.ts';
import { type GrantContext, parseGrants } from './security/grant.ts';
import { grantPolicy, type PolicyData } from './security/policy.ts';
import { type NamedPolicy, readPolicy } from './security/policy-text.ts';
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
  /** Whether calls from steps that see more than is recommended are denied; else they carry a warning. */
  readonly strict?: boolean;
  /** Capabilities besides those of the house; one with a known id replaces it. They too need a grant. */
  readonly capabilities?: readonly Capability[];
}

export function openHost(options: HostOptions): Host {
  const world = worldOf(options);
  const secrets = options.secrets ?? environmentSecrets(world.environment);
  const capabilities = [...houseCapabilities(world), ...(options.capabilities ?? [])].map((one) => ('call' in one && one.takesSecrets === true ? withSecrets(one, secrets) : one));
  const registry = capabilityRegistry(capabilities, ALIASES);
  return { capabilities: registry, policy: grantPolicy(policyData(options, world.baseDirectory, registry)), clock: world.clock, ask: world.console.ask, close: () => world.console.close() };
}

function policyData(options: HostOptions, baseDirectory: string, capabilities: CapabilityRegistry): PolicyData {
  const { grants, policy, constitution, strict } = options;
  return {
    grants,
    baseDirectory,
    isolation: options.isolation ?? [],
    declared: (id) => ({ takesSecrets: capabilities.find(id)?.takesSecrets === true }),
    ...(options.expose === undefined ? {} : { expose: options.expose }),
    ...(policy === undefined ? {} : { context: policy.context, contextName: `the policy ${policy.name}` }),
    ...(constitution === undefined ? {} : { constitution }),
    ...(strict === undefined ? {} : { strict }),
  };
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
  ];
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
  const house = houseCapabilities(worldOf({ console: NO_CONSOLE, grants: [], baseDirectory }));
  const capabilities = [...house.map((capability) => capability.id), ...more];
  return { baseDirectory, capabilities, aliasOf: (name) => ALIASES.get(name) };
}

/** A host without a world: every call is answered with "Unknown capability". For pure programs and for tests. */
export function openPureHost(): Host {
  return {
    capabilities: capabilityRegistry([], new Map()),
    policy: grantPolicy({ grants: [], baseDirectory: '/' }),
    clock: systemClock,
    close: () => undefined,
  };
}

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
