// A travel agency on a free local port, for travel-booking.rtfs: flights, hotels, cars, and payments that are opened,
// charged or void.
//
//   node examples/support/travel-server.mjs [--port 8080] [trouble …]
//
// The answer to the first flight is always lost after the work was done. More trouble:
//
//   --full KIND    nothing is left of flights, hotels or cars
//   --down KIND    bookings of this kind are answered with an error of the server
//   --refuse       the bank refuses to charge the card
//   --hang         the bank does not answer when the card is to be charged
//   --flaky        each cancellation fails twice before it works
//   --stuck KIND   cancellations of this kind never work
//
// GET / tells what is booked, how the payments are, and which changes were made, in order.
import { parseArgs } from 'node:util';
import { reply, startService } from './service.mjs';

const { values: flags } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    down: { type: 'string', multiple: true, default: [] },
    full: { type: 'string', multiple: true, default: [] },
    refuse: { type: 'boolean', default: false },
    hang: { type: 'boolean', default: false },
    flaky: { type: 'boolean', default: false },
    stuck: { type: 'string', multiple: true, default: [] },
  },
});

const PRICES = { flights: 21_400, hotels: 38_600, cars: 11_250 };

/** What exists, by its path: `/flights/F-1`. */
const bookings = new Map();
const payments = new Map();
/** The answers that were given to keys: a request that comes again is not done again. */
const answered = new Map();
/** How often each cancellation was tried. */
const tries = new Map();
const changes = [];
let isLost = false;

startService({
  port: flags.port,
  answer,
  tell: () => ({ bookings: [...bookings.keys()], payments: Object.fromEntries(payments), changes, tries: Object.fromEntries(tries) }),
});

function answer({ method, path, headers, data, response }) {
  const [, kind, id, action] = path.split('/');
  if (method === 'POST' && id === undefined && (kind in PRICES || kind === 'payments')) return create(kind, headers['idempotency-key'], data, response);
  if (method === 'POST' && payments.has(path.replace(/\/charge$/, '')) && action === 'charge') return charge(`/payments/${id}`, response);
  if (method === 'DELETE' && (bookings.has(path) || payments.has(path))) return cancel(kind, path, response);
  return reply(response, 404, { error: `there is no ${path}` });
}

function create(kind, key, data, response) {
  if (key === undefined) return reply(response, 400, { error: 'a key is needed' });
  if (flags.down.includes(kind)) return reply(response, 503, { error: 'busy' });
  if (flags.full.includes(kind)) return reply(response, 409, { error: `no ${kind} left` });
  if (!answered.has(key)) answered.set(key, kind === 'payments' ? openPayment(data) : book(kind, data));
  if (kind === 'flights' && !isLost) {
    isLost = true;
    return reply(response, 502, { error: 'the answer got lost' });
  }
  return reply(response, 201, answered.get(key));
}

function book(kind, data) {
  const id = `${kind[0].toUpperCase()}-${answered.size + 1}`;
  bookings.set(`/${kind}/${id}`, data);
  changes.push(`booked /${kind}/${id}`);
  return { id, cents: PRICES[kind] };
}

function openPayment({ cents }) {
  const id = `P-${answered.size + 1}`;
  payments.set(`/payments/${id}`, { cents, state: 'open' });
  changes.push(`opened /payments/${id}`);
  return { id, cents };
}

function charge(path, response) {
  if (flags.hang) return undefined;
  if (flags.refuse || payments.get(path).state === 'void') return reply(response, 402, { error: 'the bank refused the card' });
  if (payments.get(path).state === 'open') changes.push(`charged ${path}`);
  payments.get(path).state = 'charged';
  return reply(response, 200, { charged: true });
}

function cancel(kind, path, response) {
  tries.set(path, (tries.get(path) ?? 0) + 1);
  if (flags.stuck.includes(kind) || (flags.flaky && tries.get(path) <= 2)) return reply(response, 503, { error: 'busy' });
  if (kind === 'payments') payments.get(path).state = 'void';
  else bookings.delete(path);
  changes.push(`cancelled ${path}`);
  return reply(response, 204);
}
