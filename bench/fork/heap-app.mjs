// An application with 150 MB of objects in its heap, of which each request reads one and makes JSON of it.
const COUNT = 1_000_000;

const written = Array.from({ length: COUNT }, (_, id) => ({
  id,
  name: `record ${id}`,
  tags: [id % 7, id % 11],
  price: id / 100,
}));
/** As data comes from a file: a string that was put together a moment ago is rearranged when it is first read. */
const records = JSON.parse(JSON.stringify(written));
written.length = 0;
let next = 0;

export default (request) => {
  next = (next + 7919) % COUNT;
  request.respond({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(records[next]) });
};
