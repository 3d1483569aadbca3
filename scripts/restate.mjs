// `npm run restate`: the server of Restate for this project, with its data in .rtfs/restate (or RTFS_RESTATE_DATA).
//
//   npm run restate -- --admin 9070 --ingress 8080 --node 5122
import { parseArgs } from 'node:util';
import { startServer } from './restate-server.mjs';

const { values } = parseArgs({ options: { admin: { type: 'string', default: '9070' }, ingress: { type: 'string', default: '8080' }, node: { type: 'string', default: '5122' }, data: { type: 'string' } } });
const folder = values.data ?? process.env.RTFS_RESTATE_DATA ?? '.rtfs/restate';
const ports = { admin: Number(values.admin), ingress: Number(values.ingress), node: Number(values.node) };
const server = await startServer({ folder, ports, output: 'inherit' });
process.stdout.write(`Restate is there: ${server.admin} (calls: ${server.ingress}), its data in ${folder}\n`);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.stop(signal));
process.exitCode = (await server.ended) ?? 0;
