export interface ServerPorts {
  readonly admin: number;
  readonly ingress: number;
  readonly node: number;
}

export interface RunningServer {
  readonly pid: number | undefined;
  readonly admin: string;
  readonly ingress: string;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export function serverProgram(): string;
export function startServer(options: { readonly folder: string; readonly ports: ServerPorts; readonly output?: 'inherit' | 'ignore' }): Promise<RunningServer>;
export function freePorts(): Promise<ServerPorts>;
