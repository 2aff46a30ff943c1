// Status codes for the counters, which know the classes of HTTP. node lets an application send any number of three digits.

/** The nearest code that HTTP has a class for. */
export function clampedStatus(code: number): number {
  return Math.min(Math.max(code, 100), 599);
}
