/** Floating-point arithmetic, with whole floats among the constants as anybody would write them. */
import type { Workload } from './workload.ts';

function escapeTime(cr: number, ci: number, limit: number): number {
  let zr = 0;
  let zi = 0;
  for (let i = 0; i < limit; i++) {
    const rr = zr * zr;
    const ii = zi * zi;
    if (rr + ii > 4) return i;
    zi = 2 * (zr * zi) + ci;
    zr = rr - ii + cr;
  }
  return limit;
}

function mandelbrot(size: number, limit: number): number {
  let sum = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) sum += escapeTime((3 * x) / size - 2.1, (3 * y) / size - 1.6, limit);
  }
  return sum;
}

export const mandelbrotWorkload: Workload = {
  name: 'mandelbrot 200×200',
  source: `
(defn escape-time [cr ci limit]
  (loop [zr 0.0 zi 0.0 i 0]
    (let [rr (* zr zr)
          ii (* zi zi)]
      (if (or (= i limit) (> (+ rr ii) 4.0))
        i
        (recur (+ (- rr ii) cr) (+ (* 2.0 (* zr zi)) ci) (inc i))))))

(defn row [y size limit sum]
  (loop [x 0 sum sum]
    (if (< x size)
      (recur (inc x)
             (+ sum (escape-time (- (/ (* 3.0 x) size) 2.1) (- (/ (* 3.0 y) size) 1.6) limit)))
      sum)))

(defn main [size limit]
  (loop [y 0 sum 0]
    (if (< y size)
      (recur (inc y) (row y size limit sum))
      sum)))
`,
  baseline: (size, limit) => mandelbrot(size as number, limit as number),
  against: 'numbers',
  args: () => [200, 100],
  smallArgs: () => [10, 20],
};
