/** Lets timers and answers have their turn. Engines other than node have no quicker way to say it than a timer. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0)));
}
