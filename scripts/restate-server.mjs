// Runs the server of Restate: on loopback, without telemetry, with its data in a folder. For `npm run restate`, tests and benchmarks.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The server's program, which `npm ci` puts there. */
export function serverProgram() {
  const within = `test/engines/restate/node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;
  // Beside this script, or in the project's folder when this is part of a bundle.
  const path = [fileURLToPath(new URL(`../${within}`, import.meta.url)), resolve(within)].find((one) => existsSync(one));
  if (path === undefined) throw new Error('the Restate server is not installed: run `npm ci` in test/engines/restate (`npm ci` at the root does it too)');
  return path;
}

/** The configuration, as its file says it. */
function configuration({ folder, admin, ingress, node }) {
  return `roles = ["http-ingress", "admin", "worker", "log-server", "metadata-server"]
node-name = "rtfs"
cluster-name = "rtfs"
base-dir = ${JSON.stringify(join(folder, 'data'))}
listen-mode = "tcp"
bind-address = "127.0.0.1:${node}"
advertised-address = "http://127.0.0.1:${node}/"
default-num-partitions = 4
rocksdb-total-memory-size = "256.0 MiB"
disable-telemetry = true
log-disable-ansi-codes = true
log-filter = "warn"

[ingress]
bind-address = "127.0.0.1:${ingress}"
advertised-address = "http://127.0.0.1:${ingress}/"

[admin]
bind-address = "127.0.0.1:${admin}"
advertised-address = "http://127.0.0.1:${admin}/"
disable-web-ui = true
`;
}

/**
 * Starts the server; resolves when it takes calls. `ports` are those of the admin interface, the ingress and the node.
 * @param {{ folder: string, ports: { admin: number, ingress: number, node: number }, output?: 'inherit' | 'ignore' }} options
 */
export async function startServer({ folder, ports, output = 'ignore' }) {
  const place = resolve(folder);
  mkdirSync(place, { recursive: true });
  const file = join(place, 'restate.toml');
  writeFileSync(file, configuration({ folder: place, ...ports }));
  const env = { ...process.env, RESTATE_DISABLE_TELEMETRY: '1', DO_NOT_TRACK: '1' };
  const child = spawn(serverProgram(), ['--no-logo', '--config-file', file], { env, stdio: ['ignore', output, output] });
  const ended = new Promise((done) => child.once('exit', done));
  child.once('error', () => undefined);
  const isThere = async () => {
    const answers = await Promise.all([`http://127.0.0.1:${ports.admin}/health`, `http://127.0.0.1:${ports.ingress}/restate/health`].map((url) => fetch(url).then((one) => one.ok, () => false)));
    return answers.every(Boolean);
  };
  for (let tries = 0; !(await isThere()); tries++) {
    if (child.exitCode !== null || tries > 600) throw new Error(`the Restate server does not start; \`${serverProgram()} --config-file ${file}\` says why`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { pid: child.pid, admin: `http://127.0.0.1:${ports.admin}`, ingress: `http://127.0.0.1:${ports.ingress}`, ended, stop: (signal = 'SIGTERM') => (child.kill(signal), ended) };
}

/** Ports that nobody uses now. */
export async function freePorts() {
  const servers = await Promise.all(Array.from({ length: 3 }, () => new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const [admin, ingress, node] = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return { admin, ingress, node };
}
