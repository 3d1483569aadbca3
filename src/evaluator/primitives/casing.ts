/**
 * Upper and lower case by tables of our own: what an engine's `toUpperCase` says depends on the Unicode version that it
 * was built with, and a resumed run must not (M3). The tables are those of Unicode 17.
 *
 * Full mappings are used (`ß` becomes `SS`), none that depend on a language. The one rule that looks at the context is
 * that of the Greek capital sigma, which becomes `ς` at the end of a word; a word here is a run of characters with
 * case, and apostrophes, full stops and combining marks of the block at U+0300 do not end it.
 *
 * A table is a text of runs: the distance from the run before to its first code point, `,` or `.` for every or every
 * second code point, how many, and what is added to each; numbers in base 36.
 */
import { widthAt } from './text.ts';

interface Runs {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly stride: Uint8Array;
  readonly delta: Int32Array;
}

function runs(encoded: string): Runs {
  const words = encoded.split(' ');
  const first = new Int32Array(words.length);
  const last = new Int32Array(words.length);
  const stride = new Uint8Array(words.length);
  const delta = new Int32Array(words.length);
  let start = 0;
  words.forEach((word, i) => {
    const step = word.includes('.') ? 2 : 1;
    const sign = word.includes('-') ? -1 : 1;
    const [distance, rest] = word.split(step === 2 ? '.' : ',') as [string, string];
    const [count, added] = rest.split(sign < 0 ? '-' : '+') as [string, string];
    start += parseInt(distance, 36);
    first[i] = start;
    last[i] = start + (parseInt(count, 36) - 1) * step;
    stride[i] = step;
    delta[i] = sign * parseInt(added, 36);
  });
  return { first, last, stride, delta };
}

function longForms(encoded: string): ReadonlyMap<number, string> {
  return new Map(
    encoded.split(' ').map((word) => {
      const [from, to] = word.split(':') as [string, string];
      return [parseInt(from, 36), String.fromCodePoint(...to.split('.').map((point) => parseInt(point, 36)))] as const;
    }),
  );
}

const UPPER_RUNS: Runs = runs(
  '51,1+kn 17,n-w o,7-w 7,1+3d 2.o-1 1c,1-6g 2.3-1 7.8-1 h.n-1 1b.3-1 5,1-8c 1,1+5f 3.2-1 5,1-1 4,1-1 6,1-1 3,1+2p 4,1-1 1,1+4j ' +
  '1,1+wu9 3,1+3m 3.3-1 7,1-1 5,1-1 3,1-1 4.2-1 5,1-1 4,1-1 2,1+1k 6,1-1 1,1-2 2,1-1 1,1-2 2,1-1 1,1-2 2.8-1 f,1-27 2.9-1 j,1-1 ' +
  '1,1-2 2,1-1 4.k-1 16.9-1 p,1-1 3,2+8cf 3,1-1 5.5-1 9,1+8bj 1,1+8bg 1,1+8bi 1,1-5u 1,1-5q 2,2-5p 3,1-5m 2,1-5n 1,1+wnj 4,1-5p ' +
  '1,1+wnf 2,1-5r 1,1+wo7 1,1+wmg 1,1+wn8 2,1-5t 1,1-5v 1,1+wn8 1,1+8af 1,1+wn5 3,1-5v 2,1+8al 1,1-5x 3,1-5y 8,1+89z 3,1-62 ' +
  '2,1+wn7 1,1-62 4,1+wmi 1,1-62 1,1-1x 1,2-61 2,1-1z 6,1-63 b,1+wlx 1,1+wlu 4n,1+2c 18.2-1 6,1-1 4,3+3m 1d,1-12 1,3-11 4,h-w ' +
  'h,1-v 1,9-w 9,1-1s 1,2-1r 3,1-1q 1,1-1l 4,1-1b 1,1-1i 1,1-8 2.c-1 n,1-2e 1,1-28 1,1+7 1,1-38 2,1-2o 3,1-1 3,1-1 1h,w-w w,g-28 ' +
  'h.h-1 16.r-1 1j.7-1 d,1-f 2.1c-1 40,12-1c 29b,17+2bk 19,3+2bk l7,6-8 1oo,1-4tq 1,1-4tp 1,1-4tg 1,2-4te 2,1-4tf 1,1-4t8 1,1-4rp ' +
  '1,1+r7m 2,1-1 6n,1+r9g 4,1+2xy h,1+raw 37.23-1 4a,1-1n 6.1c-1 2n,8+8 g,6+8 g,8+8 g,8+8 g,6+8 h.4+8 f,8+8 g,2+22 2,4+2e 4,2+2s ' +
  '2,2+3k 2,2+34 2,2+3i 1g,2+8 e,1-5k5 i,2+8 g,2+8 5,1+7 a1,1-s y,g-g k,1-1 ng,q-q 1gg,1c-1c 1d,1-1 4,1-8bv 1,1-8bs 2.3-1 b,1-1 ' +
  '3,1-1 b.1e-1 2z.2-1 7,1-1 d,12-5ls 13,1-5ls 6,1-5ls nx0.n-1 1s.e-1 4i.7-1 g.v-1 1z.2-1 5.5-1 d,1-1 5.2-1 3,1+1c 3.a-1 u.8-1 ' +
  'j.2-1 5.8-1 15,1-1 nx,1-ps t,28-tzk gk1,q-w yv,14-14 4w,10-14 5b,b-13 c,f-13 g,7-13 8,2-13 1dx,1f-1s 4w,m-w 28g,w-w gww,w-w ' +
  '2j,p-r o6f,y-y',
);
const LOWER_RUNS: Runs = runs(
  '5c,n+w o,7+w 14.o+1 1e.3+1 7.8+1 h.n+1 1a,1-3d 1.3+1 8,1+5u 1.2+1 4,1+5q 1,1+1 2,2+5p 2,1+1 3,1+27 1,1+5m 1,1+5n 1,1+1 2,1+5p ' +
  '1,1+5r 2,1+5v 1,1+5t 1,1+1 4,1+5v 1,1+5x 2,1+5y 1.3+1 6,1+62 1,1+1 2,1+62 3,1+1 2,1+62 1,1+1 2,2+61 2.2+1 4,1+63 1,1+1 4,1+1 ' +
  '8,1+2 1,1+1 2,1+2 1,1+1 2,1+2 1.9+1 j.9+1 j,1+2 1.2+1 4,1-2p 1,1-1k 1.k+1 14,1-3m 2.9+1 o,1+8bv 1,1+1 2,1-4j 1,1+8bs 3,1+1 ' +
  '2,1-5f 1,1+1x 1,1+1z 1.5+1 8a.2+1 6,1+1 9,1+38 7,1+12 2,3+11 4,1+1s 2,2+1r 3,h+w i,9+w 18,1+8 9.c+1 s,1-1o 3,1+1 2,1-7 1,1+1 ' +
  '3,3-3m 3,g+28 g,w+w 28.h+1 16.r+1 1i,1+f 1.7+1 f.1c+1 2p,12+1c 29b,12+5ls 13,1+5ls 6,1+5ls k3,28+tzk 28,6+8 1p5,1+1 7,17-2bk ' +
  '19,3-2bk 8z.23+1 4e,1-5vj 2.1c+1 2w,8-8 g,6-8 g,8-8 g,8-8 g,6-8 h.4-8 f,8-8 w,8-8 g,8-8 g,8-8 g,2-8 2,2-22 2,1-9 c,4-2e 4,1-9 ' +
  'c,2-8 2,2-2s e,2-8 2,2-34 2,1-7 c,2-3k 2,2-3i 2,1-9 8a,1-5st 4,1-6gv 1,1-6di 7,1+s 1a,g+g z,1+1 mr,q+q 1fu,1c+1c 2o,1+1 ' +
  '2,1-8af 1,1-2xy 1,1-89z 3.3+1 6,1-8bg 1,1-8al 1,1-8bj 1,1-8bi 2,1+1 3,1+1 9,2-8cf 2.1e+1 2z.2+1 7,1+1 nym.n+1 1s.e+1 4i.7+1 ' +
  'g.v+1 1z.2+1 4,1-r9g 1.5+1 d,1+1 2,1-wmg 3.2+1 6.a+1 k,1-wn8 1,1-wnj 1,1-wnf 1,1-wn5 1,1-wn8 2,1-wlu 1,1-wmi 1,1-wlx 1,1+ps ' +
  '1.8+1 g,1-1c 1,1-wn7 1,1-raw 1.2+1 4,1-wo7 1.8+1 g,1-wu9 p,1+1 h7w,q+w yn,14+14 4w,10+14 5c,b+13 c,f+13 g,7+13 8,2+13 ' +
  '1d8,1f+1s 5s,m+w 28g,w+w gww,w+w 2o,p+r o68,y+y',
);
const UPPER_LONG: ReadonlyMap<number, string> = longForms(
  '67:2b.2b 95:jg.26 ds:22.lo pc:pl.lk.ld q8:px.lk.ld 13b:111.11u 61i:20.mp 61j:2c.lk 61k:2f.lm 61l:2h.lm 61m:1t.ji 66o:px.lv ' +
  '66q:px.lv.lc 66s:px.lv.ld 66u:px.lv.n6 680:64o.pl 681:64p.pl 682:64q.pl 683:64r.pl 684:64s.pl 685:64t.pl 686:64u.pl 687:64v.pl ' +
  '688:64o.pl 689:64p.pl 68a:64q.pl 68b:64r.pl 68c:64s.pl 68d:64t.pl 68e:64u.pl 68f:64v.pl 68g:65k.pl 68h:65l.pl 68i:65m.pl ' +
  '68j:65n.pl 68k:65o.pl 68l:65p.pl 68m:65q.pl 68n:65r.pl 68o:65k.pl 68p:65l.pl 68q:65m.pl 68r:65n.pl 68s:65o.pl 68t:65p.pl ' +
  '68u:65q.pl 68v:65r.pl 68w:67c.pl 68x:67d.pl 68y:67e.pl 68z:67f.pl 690:67g.pl 691:67h.pl 692:67i.pl 693:67j.pl 694:67c.pl ' +
  '695:67d.pl 696:67e.pl 697:67f.pl 698:67g.pl 699:67h.pl 69a:67i.pl 69b:67j.pl 69e:69m.pl 69f:pd.pl 69g:p2.pl 69i:pd.n6 ' +
  '69j:pd.n6.pl 69o:pd.pl 69u:6a2.pl 69v:pj.pl 69w:p5.pl 69y:pj.n6 69z:pj.n6.pl 6a4:pj.pl 6aa:pl.lk.lc 6ab:pl.lk.ld 6ae:pl.n6 ' +
  '6af:pl.lk.n6 6aq:px.lk.lc 6ar:px.lk.ld 6as:pt.lv 6au:px.n6 6av:px.lk.n6 6b6:6be.pl 6b7:q1.pl 6b8:pb.pl 6ba:q1.n6 6bb:q1.n6.pl ' +
  '6bg:q1.pl 1dkw:1y.1y 1dkx:1y.21 1dky:1y.24 1dkz:1y.1y.21 1dl0:1y.1y.24 1dl1:2b.2c 1dl2:2b.2c 1dlf:11g.11i 1dlg:11g.111 ' +
  '1dlh:11g.117 1dli:11q.11i 1dlj:11g.119',
);
const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;
const CAPITAL_I_WITH_DOT = 0x130;

/** The code point in the other case, or itself. */
function simple(table: Runs, point: number): number {
  const { first, last, stride, delta } = table;
  let low = 0;
  let high = first.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (last[middle]! < point) low = middle + 1;
    else high = middle;
  }
  if (low === first.length || point < first[low]!) return point;
  return (point - first[low]!) % stride[low]! === 0 ? point + delta[low]! : point;
}

function isAscii(text: string): boolean {
  for (let unit = 0; unit < text.length; unit++) if (text.charCodeAt(unit) > 0x7f) return false;
  return true;
}

export function upperCase(text: string): string {
  return isAscii(text) ? text.toUpperCase() : convert(text, upperPoint);
}

export function lowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : convert(text, lowerPoint);
}

/** What becomes of the code point at `unit`: another code point, or a text when it becomes several. */
type PointConversion = (text: string, unit: number, point: number) => number | string;

/** Code units gathered before they become a piece of text; a piece per code point would cost ten times the memory. */
const PIECE_UNITS = 4096;

function convert(text: string, one: PointConversion): string {
  const pieces: string[] = [];
  let units: number[] = [];
  for (let unit = 0; unit < text.length; unit += widthAt(text, unit)) {
    append(units, one(text, unit, text.codePointAt(unit)!));
    if (units.length < PIECE_UNITS) continue;
    pieces.push(String.fromCharCode(...units));
    units = [];
  }
  pieces.push(String.fromCharCode(...units));
  return pieces.join('');
}

function append(units: number[], converted: number | string): void {
  if (typeof converted === 'string') {
    for (let i = 0; i < converted.length; i++) units.push(converted.charCodeAt(i));
  } else if (converted <= 0xffff) units.push(converted);
  else units.push(0xd800 + ((converted - 0x10000) >> 10), 0xdc00 + ((converted - 0x10000) & 0x3ff));
}

function upperPoint(_text: string, _unit: number, point: number): number | string {
  if (point <= 0x7f) return point >= 0x61 && point <= 0x7a ? point - 32 : point;
  return UPPER_LONG.get(point) ?? simple(UPPER_RUNS, point);
}

function lowerPoint(text: string, unit: number, point: number): number | string {
  if (point <= 0x7f) return point >= 0x41 && point <= 0x5a ? point + 32 : point;
  if (point === CAPITAL_SIGMA && endsWord(text, unit)) return FINAL_SIGMA;
  if (point === CAPITAL_I_WITH_DOT) return 'i\u0307';
  return simple(LOWER_RUNS, point);
}

/** Whether a letter stands before the sigma at `unit` and none after it. */
function endsWord(text: string, unit: number): boolean {
  let before = unit - 1;
  while (before >= 0 && isTransparent(text.charCodeAt(before))) before -= 1;
  if (before > 0 && widthAt(text, before - 1) === 2) before -= 1;
  if (before < 0 || !hasCase(text.codePointAt(before)!)) return false;
  let after = unit + 1;
  while (after < text.length && isTransparent(text.charCodeAt(after))) after += 1;
  return after >= text.length || !hasCase(text.codePointAt(after)!);
}

function isTransparent(unit: number): boolean {
  return unit === 0x27 || unit === 0x2e || unit === 0x2019 || unit === 0xad || (unit >= 0x300 && unit <= 0x36f);
}

function hasCase(point: number): boolean {
  if (point <= 0x7f) return (point | 32) >= 0x61 && (point | 32) <= 0x7a;
  return UPPER_LONG.has(point) || simple(UPPER_RUNS, point) !== point || simple(LOWER_RUNS, point) !== point;
}
