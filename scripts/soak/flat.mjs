// Whether what was looked at again and again has stayed as it was: the second fifth of the looks against the last one, since
// at first everything grows.

const largest = (looks, name) => Math.max(...looks.map((one) => one[name] ?? 0));

/** @param limits how much more each number may be at the end @returns {string[]} */
export function flatProblems(looks, limits) {
  const length = Math.floor(looks.length / 5);
  if (length === 0) return [];
  const [early, late] = [looks.slice(length, 2 * length), looks.slice(-length)];
  return Object.entries(limits).flatMap(([name, most]) => {
    const [before, after] = [largest(early, name), largest(late, name)];
    return after > before + most ? [`${name} grow from ${before} to ${after}`] : [];
  });
}
