// An application that makes four hundred objects for each request: for `/garbage` they are garbage at once, for `/held`
// they are kept for 4 ms, as by a handler that waits for a database.
const HELD_MS = 4;

function makeRows() {
  return Array.from({ length: 400 }, (_, id) => ({
    id,
    name: `row ${id}`,
    tags: ['a', 'b', String(id)],
    nested: { x: id * 1.5, y: null },
  }));
}

function answer(request, rows) {
  const body = JSON.stringify(rows.filter(({ id }) => id % 40 === 0));
  request.respond({ headers: { 'Content-Type': 'application/json' }, body });
}

export default (request) => {
  const rows = makeRows();
  if (request.url === '/held') setTimeout(answer, HELD_MS, request, rows);
  else answer(request, rows);
};
