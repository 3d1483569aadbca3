// Five sources that know something about heat pumps, on a free local port, for research.rtfs.
//
//   node examples/support/research-server.mjs [--port 8080] [--together 3] [trouble …]
//
// With --together N nothing is answered before N requests of one kind (searches, texts) have been waiting at the same
// time: who asks one after the other gets no answer. Trouble:
//
//   --busy SOURCE   the first search there fails
//   --down SOURCE   every search there fails
//   --slow SOURCE   searches there are never answered
//   --no-texts      no text can be read
//
// GET / tells which searches were made, and how many requests of each kind were waiting at the same time, at most.
import { parseArgs } from 'node:util';
import { reply, startService } from './service.mjs';

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    together: { type: 'string', default: '1' },
    busy: { type: 'string', multiple: true, default: [] },
    down: { type: 'string', multiple: true, default: [] },
    slow: { type: 'string', multiple: true, default: [] },
    'no-texts': { type: 'boolean', default: false },
  },
});

const SOURCES = {
  encyclopedia: [['Heat pump', 2023, 40], ['Refrigeration cycle', 2019, 55]],
  journals: [['Field trial of 300 heat pumps', 2022, 310], ['Heat pumps in old houses', 2024, 120]],
  news: [['Subsidies run out in autumn', 2025, 3]],
  statistics: [['Heat pumps sold by country', 2024, 95]],
  forum: [['What does yours need at -10 °C?', 2021, 12]],
};
const texts = Object.values(SOURCES).flat().map(([title]) => `${title}: what there is to say about it, in one sentence.`);

const waiting = { searches: 0, texts: 0 };
const most = { searches: 0, texts: 0 };
/** What is answered once enough requests wait; null when enough have been waiting. */
const held = { searches: [], texts: [] };
const searches = [];

startService({ port: flags.port, answer, tell: () => ({ searches, most }) });

function answer({ method, path, query, response }) {
  const [, name, number] = path.split('/');
  if (method === 'GET' && name in SOURCES) return together('searches', response, () => search(name, query.get('topic'), response));
  if (method === 'GET' && name === 'texts' && number in texts) return together('texts', response, () => read(number, response));
  return reply(response, 404, { error: `there is no ${path}` });
}

function together(kind, response, answerIt) {
  waiting[kind] += 1;
  most[kind] = Math.max(most[kind], waiting[kind]);
  let isWaiting = true;
  const end = () => {
    if (isWaiting) waiting[kind] -= 1;
    isWaiting = false;
  };
  response.on('close', end);
  const act = () => {
    if (answerIt() !== 'silence') end();
  };
  if (held[kind] === null) return act();
  held[kind].push(act);
  if (waiting[kind] < Number(flags.together)) return undefined;
  const all = held[kind];
  held[kind] = null;
  for (const one of all) one();
  return undefined;
}

function search(name, topic, response) {
  const isFirst = !searches.some((one) => one.name === name);
  searches.push({ name, topic });
  if (flags.slow.includes(name)) return 'silence';
  if (flags.down.includes(name) || (flags.busy.includes(name) && isFirst)) return reply(response, 503, { error: 'busy' });
  return reply(response, 200, SOURCES[name].map(([title, year, cited]) => ({ title, year, cited, text: `/texts/${texts.findIndex((text) => text.startsWith(`${title}:`))}` })));
}

function read(number, response) {
  if (flags['no-texts']) return reply(response, 500, { error: 'no text' });
  return reply(response, 200, { summary: texts[number] });
}
