// The light Response against Node's own: what is made of the same arguments has the same properties and reads the same.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

const NodeResponse = globalThis.Response;
const NodeHeaders = globalThis.Headers;
const NodeRequest = globalThis.Request;
const { installGlobals } = await import('#dist/fetch/globals.js');
installGlobals();
const LightResponse = globalThis.Response;

type Kind = typeof globalThis.Response;

const streamOf = (...pieces: string[]) =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece));
      controller.close();
    },
  });

function lockedStream() {
  const stream = streamOf('x');
  stream.getReader();
  return stream;
}

/** Made anew for each, because bodies can be read once. */
const BODIES: Record<string, () => unknown> = {
  none: () => undefined,
  null: () => null,
  empty: () => '',
  text: () => 'hellö \ud800 wörld',
  mark: () => '\ufeffmarked',
  bytes: () => new Uint8Array([0xef, 0xbb, 0xbf, 104, 255]),
  buffer: () => new Uint8Array([1, 2, 3]).buffer,
  view: () => new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  blob: () => new Blob(['blob'], { type: 'Text/X' }),
  untypedBlob: () => new Blob(['blob']),
  params: () => new URLSearchParams({ a: 'ü b' }),
  stream: () => streamOf('one', 'two'),
  locked: lockedStream,
  object: () => ({ toString: () => 'as text' }),
  number: () => 42,
};

const INITS: unknown[] = [
  undefined,
  null,
  1,
  {},
  { status: 201, statusText: 'Made' },
  { status: 204 },
  { status: 205 },
  { status: 304, headers: { etag: '"x"' } },
  { status: 101 },
  { status: 199 },
  { status: 600 },
  { status: '202' },
  { status: 200.7 },
  { status: Number.NaN },
  { statusText: 'no\ngood' },
  { statusText: '\u0100' },
  { headers: { 'Content-Type': 'x/y', A: '1' } },
  {
    headers: [
      ['a', '1'],
      ['a', '2'],
    ],
  },
  { headers: new NodeHeaders({ b: '1' }) },
  { headers: { 'no good': '1' } },
  { headers: null },
  ...[' x/y ', 'x/\u00fc', 'x/\u0100', 'x\ny', 5].map((type) => ({ headers: { 'Content-Type': type } })),
  { headers: { 'content-type': 'x/y', [Symbol('s')]: 'z' } },
  { headers: Object.assign(Object.create({ a: '1' }), { 'content-type': 'x/y' }) },
  new NodeResponse('x', { status: 299, headers: { from: 'other' } }),
];

async function portrait(Class: Kind, body: unknown, init: unknown): Promise<unknown> {
  try {
    const response = new Class(body as never, init as never);
    const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
    const headers = [...response.headers];
    const copy = response.clone();
    const bytes = Buffer.from(await response.arrayBuffer()).toString('hex');
    const blob = await new Class(copy.clone().body, { headers: copy.headers }).blob();
    const rest = { used: response.bodyUsed, again: await response.text().catch((error) => error.name) };
    return {
      ...{ status, statusText, ok, type, url, redirected, bodyUsed, headers, bytes, ...rest },
      ...{ text: await copy.text(), blob: [blob.size, blob.type], hasBody: copy.body !== null },
    };
  } catch (error) {
    return (error as Error).name;
  }
}

describe('light Response', () => {
  for (const [name, make] of Object.entries(BODIES)) {
    test(`of ${name} is what Node makes of it, with anything beside it`, async () => {
      for (const init of INITS) {
        const light = await portrait(LightResponse, make(), init);
        const native = await portrait(NodeResponse, make(), init);
        assert.deepEqual(light, native, `init ${JSON.stringify(init)}`);
      }
    });
  }

  test('of a form has its boundary as type and can be read as one', async () => {
    const form = new FormData();
    form.append('name', 'value');
    form.append('file', new File(['content'], 'f.txt', { type: 'text/plain' }));
    const response = new Response(form);
    assert.match(response.headers.get('content-type')!, /^multipart\/form-data; boundary=/);
    const read = await response.formData();
    assert.equal(read.get('name'), 'value');
    assert.equal(await (read.get('file') as File).text(), 'content');
  });

  test('keeps its bytes, whatever becomes of what it was made of', async () => {
    const bytes = new Uint8Array([1, 2]);
    const headers = new Headers({ a: '1' });
    const response = new Response(bytes, { headers });
    bytes[0] = 9;
    headers.set('a', '2');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from([1, 2]));
    assert.equal(response.headers.get('a'), '1');
  });

  test('json, redirect and error are what they are in Node', async () => {
    for (const [data, init] of [
      [{ a: 1 }, undefined],
      ['x', { status: 201, headers: { 'Content-Type': 'x/y' } }],
      [undefined, undefined],
      [1, { status: 204 }],
      [null, { status: 700 }],
    ] as const) {
      const look = async (Class: Kind) => {
        try {
          const response = Class.json(data, init);
          return [response.status, [...response.headers], await response.text()];
        } catch (error) {
          return (error as Error).name;
        }
      };
      assert.deepEqual(await look(LightResponse), await look(NodeResponse));
    }
    const moved = Response.redirect('http://a.example/', 301);
    assert.deepEqual([moved.status, moved.headers.get('location')], [301, 'http://a.example/']);
    assert.equal(Response.error().type, 'error');
  });
});

describe('the classes that stand in for Node’s', () => {
  test('look like them', () => {
    for (const [light, native] of [
      [Response, NodeResponse],
      [Headers, NodeHeaders],
      [Request, NodeRequest],
    ] as const) {
      assert.equal(light.name, native.name);
      assert.equal(light.length, native.length);
      assert.equal(light.prototype, native.prototype);
      assert.throws(() => (light as unknown as () => void)(), TypeError);
    }
    assert.equal(new Response().constructor, Response);
    assert.equal(Object.prototype.toString.call(new Response()), '[object Response]');
    assert.deepEqual(Object.keys(new Response('x')), []);
    assert.ok(new NodeResponse() instanceof Response);
    assert.ok(new Response() instanceof NodeResponse);
  });

  test('can be extended', async () => {
    class Page extends Response {
      constructor(text: string) {
        super(text, { headers: { 'content-type': 'text/html' } });
      }
      get isPage() {
        return true;
      }
    }
    const page = new Page('<p>');
    assert.ok(page instanceof Page && page instanceof Response && page.isPage);
    assert.ok(!(new Response() instanceof Page));
    assert.equal(await page.text(), '<p>');
    class Names extends Headers {}
    assert.equal(new Names({ a: '1' }).get('a'), '1');
  });
});
