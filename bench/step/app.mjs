// The application of bench/step.mjs: each request holds its worker up for `ms`, without computing, as a call does that
// waits for a disk or a lock. So the number of workers counts, and not that of the processors.
const cell = new Int32Array(new SharedArrayBuffer(4));

export default (request) => {
  Atomics.wait(cell, 0, 0, Number(request.url.split('ms=')[1]));
  request.respond({ body: String(process.pid) });
};
