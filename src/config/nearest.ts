// The known name that somebody probably meant, for error messages. Pure.

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let cost = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwap) cost = Math.min(cost, beforePrevious[column - 2]! + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length]!;
}

/** Case and separators do not count, so min_servers finds minServers. */
function bare(name: string): string {
  return name.replace(/[-_\s]/g, '').toLowerCase();
}

/** Undefined when nothing is near: a wrong guess is worse than none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = bare(name);
  const edits = Math.min(3, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  let least = edits + 1;
  for (const candidate of known) {
    const found = distance(wanted, bare(candidate));
    if (found < least) {
      least = found;
      nearest = candidate;
    }
  }
  return nearest;
}
