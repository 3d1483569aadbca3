import { describe, expect, test } from 'vitest';
import { withService } from './service.ts';
import { example, rtfs } from './support.ts';

const PLAN = example('travel-booking.rtfs');
const TRIP = example('data/trip.json');

interface Seen {
  readonly bookings: readonly string[];
  readonly payments: Readonly<Record<string, { readonly cents: number; readonly state: string }>>;
  readonly changes: readonly string[];
  readonly tries: Readonly<Record<string, number>>;
}

function book(...flags: string[]) {
  return withService<Seen, { status: number | null; stdout: string; stderr: string; seen: Seen }>('travel-server', flags, async ({ address, seen }) => {
    const ended = await rtfs(['run', PLAN, `http://${address}`, '--input', TRIP, '--allow', `http=${address}`, '--allow', 'uuid']);
    return { ...ended, seen: await seen() };
  });
}

/** The lines of the account that tell of a cancellation, as label and id. */
function cancelled(stdout: string): string[] {
  return [...stdout.matchAll(/^ {2}cancelled +(\S+) +(\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
}

const ALL_CANCELLED = ['payment P-4', 'car C-3', 'hotel H-2', 'flight F-1'];

describe('the booking of a trip', () => {
  test('books everything once and pays, though an answer gets lost on the way', async () => {
    const { status, stdout, stderr, seen } = await book();
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        'Vienna to Lisbon, 12 to 16 May',
        '  flight   F-1   TP 1273 on 2025-05-12           214.00',
        '  hotel    H-2   Pensão do Rio, 4 nights         386.00',
        '  car      C-3   small, 3 days                   112.50',
        '  paid     P-4                                   712.50',
        '{:booked ["F-1" "H-2" "C-3"] :paid "712.50"}',
        '',
      ].join('\n'),
    );
    expect(seen).toEqual({
      bookings: ['/flights/F-1', '/hotels/H-2', '/cars/C-3'],
      payments: { '/payments/P-4': { cents: 71250, state: 'charged' } },
      changes: ['booked /flights/F-1', 'booked /hotels/H-2', 'booked /cars/C-3', 'opened /payments/P-4', 'charged /payments/P-4'],
      tries: {},
    });
  });

  test('cancels everything when the payment is refused, the last booking first', async () => {
    const { status, stdout, stderr, seen } = await book('--refuse');
    expect(status).toBe(1);
    expect(seen.bookings).toEqual([]);
    expect(seen.payments).toEqual({ '/payments/P-4': { cents: 71250, state: 'void' } });
    expect(seen.changes.slice(4)).toEqual(['cancelled /payments/P-4', 'cancelled /cars/C-3', 'cancelled /hotels/H-2', 'cancelled /flights/F-1']);
    expect(stdout).toMatch(/\nNot booked: the bank refused the card\n(.+\n){4}What was confirmed is cancelled, nothing is paid\.\n$/);
    expect(cancelled(stdout)).toEqual(ALL_CANCELLED);
    expect(stderr).toContain('error[E0421]: the bank refused the card');
  });

  test('cancels only what was booked when the car cannot be had', async () => {
    const { status, stdout, seen } = await book('--full', 'cars');
    expect(status).toBe(1);
    expect(seen.changes).toEqual(['booked /flights/F-1', 'booked /hotels/H-2', 'cancelled /hotels/H-2', 'cancelled /flights/F-1']);
    expect(stdout).toContain('Not booked: no cars left\n');
  });

  test('tries again to cancel', async () => {
    const { status, stdout, seen } = await book('--refuse', '--flaky');
    expect(status).toBe(1);
    expect(seen.bookings).toEqual([]);
    expect(seen.tries).toEqual({ '/payments/P-4': 3, '/cars/C-3': 3, '/hotels/H-2': 3, '/flights/F-1': 3 });
    expect(cancelled(stdout)).toEqual(ALL_CANCELLED);
  });

  test('does not wait for the bank longer than the deadline, and makes the payment void', async () => {
    const { status, stdout, stderr, seen } = await book('--hang');
    expect(status).toBe(1);
    expect(seen.bookings).toEqual([]);
    expect(seen.payments).toEqual({ '/payments/P-4': { cents: 71250, state: 'void' } });
    expect(cancelled(stdout)).toEqual(ALL_CANCELLED);
    expect(stderr).toContain('error[E0414]: Timeout: step "charge" took longer than 2000 ms');
  });

  test('names what cannot be cancelled, and cancels the rest', async () => {
    const { status, stdout, seen } = await book('--refuse', '--stuck', 'hotels');
    expect(status).toBe(1);
    expect(seen.bookings).toEqual(['/hotels/H-2']);
    expect(seen.tries['/hotels/H-2']).toBe(5);
    expect(cancelled(stdout)).toEqual(['payment P-4', 'car C-3', 'flight F-1']);
    expect(stdout).toMatch(/\n {2}STILL THERE: hotel, http:\S+\/hotels\/H-2 answered 503\nCall the agency about what is still there\.\n$/);
  });

  test('cancels what was booked when the agency fails for good', async () => {
    const { status, stdout, seen } = await book('--down', 'cars', '--stuck', 'hotels');
    expect(status).toBe(1);
    expect(seen.bookings).toEqual(['/hotels/H-2']);
    expect(stdout).toMatch(/\nNot booked: http:\S+\/cars answered 503\n {2}cancelled {2}flight {3}F-1\n {2}STILL THERE: hotel, /);
  });

  test('needs grants for the agency and for keys, and books nothing without', () =>
    withService<Seen, void>('travel-server', [], async ({ address, seen }) => {
      const ended = await rtfs(['run', PLAN, `http://${address}`, '--input', TRIP, '--allow', `http=${address}`]);
      expect(ended.status).toBe(5);
      expect(ended.stderr).toContain('--allow uuid');
      expect((await seen()).changes).toEqual([]);
    }));
});
