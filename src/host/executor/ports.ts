/** What executors need of the host. */
import type { RegexEngine } from '../../evaluator/primitives/regex-engine.ts';
import { HostFailure, securityFailure } from '../failure.ts';
import type { CallContext, Clock, Decision, Grant, Host, Policy } from '../port.ts';
import type { Value } from '../../value/value.ts';
import type { Program } from '../compile.ts';
import type { McpServer } from './executor.ts';
import { checkLength, scrubbed, type SecretSource, secretVariable } from '../security/secret.ts';

export interface ExecutorPorts {
  readonly clock: Clock;
  /** Absolute; paths in manifests start here. */
  readonly baseDirectory: string;
  /** Decides about what an executor does besides: the hosts that it asks, the programs that it starts, the secrets that it reads. */
  readonly policy: Policy;
  /** `:http.request`: the one way to the network. */
  readonly request: (args: readonly Value[], context: CallContext) => Value | Promise<Value>;
  /** The same for what speaks HTTP on its own. */
  readonly fetch: FetchPort;
  readonly secret: SecretSource;
  /** For `:matches-regex` in types; null when there is no engine. */
  readonly regex: RegexEngine | null;
  readonly servers: readonly McpServer[];
  /** What functions written in RTFS are run with; null when the host has no reader. */
  readonly functions: FunctionPort | null;
}

/** Like `fetch` of the engine, to granted hosts only. `name` is the capability that asks, for messages. */
export type FetchPort = (name: string, grants: readonly Grant[]) => (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface FunctionPort {
  /** The program that applies a function of a file to the variable `*arguments*`. Fails with a `HostFailure`. */
  readonly load: (file: string, name: string) => Promise<Program>;
  /** The host that it runs on; `hops` counts the functions around it. */
  readonly hostFor: (hops: number) => Omit<Host, 'close'>;
}

/** The name of the variable that holds the arguments. */
export const FUNCTION_ARGUMENTS = '*arguments*';

/** What a program needs to be allowed before an executor may start another one. */
export const SPAWN = 'process.spawn';
export const READ_SECRET = 'secret.get';

/** The grants for something that an executor does besides; throws when the policy refuses. */
export function authorized(ports: Pick<ExecutorPorts, 'policy' | 'clock'>, name: string, capability: string, args: readonly Value[], doing: string): readonly Grant[] {
  const decision: Decision = ports.policy.decide({ capability, args, atMs: ports.clock.nowMs() });
  if (decision.allowed) return decision.grants;
  throw securityFailure(name, `${doing}: ${decision.reason}`, decision.hint);
}

type SecretPorts = Pick<ExecutorPorts, 'policy' | 'clock' | 'secret'>;

/** The secrets that an executor looks up, each when the policy lets the capability read it; and what came of them, to be kept out of answers. */
export class LookedUp {
  readonly texts = new Map<string, string>();
  private readonly ports: SecretPorts;
  private readonly operation: string;

  constructor(ports: SecretPorts, { name }: Pick<CallContext, 'name'>) {
    this.ports = ports;
    this.operation = name;
  }

  readonly secret = async (name: string): Promise<string> => {
    authorized(this.ports, this.operation, READ_SECRET, [name], `it uses the secret ${name}`);
    const text = await this.ports.secret(name);
    if (text === null) throw new HostFailure('host', `${this.operation}: the secret ${name} is not there (set ${secretVariable(name)})`);
    checkLength(name, text);
    this.texts.set(name, text);
    return text;
  };
}

/** Does something with secrets, and keeps them out of what it gives and of how it fails. */
export async function withoutSecrets(ports: SecretPorts, context: Pick<CallContext, 'name'>, work: (secrets: LookedUp) => Promise<Value>): Promise<Value> {
  const secrets = new LookedUp(ports, context);
  return scrubbed(secrets.texts, () => work(secrets));
}

