// The example for Envoy, which no test runs: it is what Envoy's API takes, its parts find each other, and what it says to the
// servers fits with their options. The last for the other proxies' examples too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { resolveConfig } from '#dist/config/resolve.js';
import { faultsOf } from '../support/envoy-api.js';
import { commandLine, fixture, root } from '../support/paths.js';

const folder = join(root, 'examples/proxies');
const text = readFileSync(join(folder, 'envoy.yaml'), 'utf8');
const example = parse(text);
const { listeners, clusters } = example.static_resources;
const [listener] = listeners;
const [cluster] = clusters;
const [check] = cluster.health_checks;
const manager = listener.filter_chains[0].filters[0].typed_config;
const [host] = manager.route_config.virtual_hosts;
const endpoints = cluster.load_assignment.endpoints[0].lb_endpoints;
const upstream = cluster.typed_extension_protocol_options;

/** The command that the comment at the head of an example starts a server by. */
function startLine(of: string): string[] {
  const [, words] = /^# {3}pronghorn start app\.mjs (.*)$/m.exec(of)!;
  return words!.split(' ').map((word) => word.replaceAll("'", ''));
}

const line = startLine(text);
const flag = (name: string) => line[line.indexOf(name) + 1]!;
const secondsOf = (duration: string) => Number(/^([\d.]+)s$/.exec(duration)![1]);

describe('examples/proxies/envoy.yaml by the definitions of the API', () => {
  test('has no fault', () => {
    assert.deepEqual(faultsOf(example), []);
  });

  for (const [what, from, to, says] of [
    [
      'a name that is misspelt',
      '"no_traffic_interval"',
      '"no_trafic_interval"',
      /no field 'no_trafic_interval'/,
    ],
    ['a text in place of a number', '"port_value":9090', '"port_value":"admin"', /"admin" is no uint32/],
    ['a number out of range', '"port_value":9090', '"port_value":90900', /90900 is not lte 65535/],
    ['a time that is none', '"interval":"1s"', '"interval":"1000ms"', /"1000ms" is no Duration/],
    ['a choice that there is not', '"version":"V2"', '"version":"V3"', /"V3" is no Version/],
    ['two choices where one is made', '"prefix":"/"', '"prefix":"/","path":"/"', /one of 'prefix', 'path'/],
    [
      'no choice where one must be made',
      '"http_health_check":{"path":"/readyz"},',
      '',
      /needs one of 'http_health/,
    ],
    ['a field that is missing', '"unhealthy_threshold":2,', '', /'unhealthy_threshold' is missing/],
    ['a type that there is not', 'router.v3.Router"', 'router.v3.Route"', /router\.v3\.Route' is not known/],
    [
      'a misspelt name within such a type',
      '"stat_prefix"',
      '"stats_prefix"',
      /HttpConnectionManager has no field/,
    ],
    [
      'a wrong name of an extension',
      '"envoy.filters.http.router"',
      '"envoy.router"',
      /'envoy\.router' is not the name/,
    ],
    [
      'one object in place of a list',
      '"retry_host_predicate":[',
      '"retry_host_predicate":{},"cookies":[',
      /retry_host_predicate: is no list/,
    ],
  ] as const) {
    test(`would be told of ${what}`, () => {
      const whole = JSON.stringify(example);
      assert.ok(whole.includes(from), from);
      assert.match(faultsOf(JSON.parse(whole.replace(from, to))).join('\n'), says);
    });
  }
});

describe('examples/proxies/envoy.yaml', () => {
  test('closes idle connections before the server does', () => {
    const [[name, options]] = Object.entries<typeof manager>(upstream) as [[string, typeof manager]];
    assert.ok(options['@type'].endsWith(`/${name}`), 'Envoy finds these options by the name of their type');
    const { idle_timeout } = options.common_http_protocol_options;
    assert.ok(secondsOf(idle_timeout) < resolveConfig({}, 1).keepAliveTimeoutMs / 1000);
  });

  test('asks the servers of the comment, on the port of the comment, whether they are ready', () => {
    const [listen, admin] = [new URL(flag('--listen')), new URL(flag('--admin'))];
    const { address, health_check_config } = endpoints[0].endpoint;
    assert.equal(`${address.socket_address.address}:${address.socket_address.port_value}`, listen.host);
    assert.equal(`${address.socket_address.address}:${health_check_config.port_value}`, admin.host);
    assert.deepEqual(
      endpoints.map(({ endpoint }: typeof endpoints) => endpoint.health_check_config.port_value),
      [9090, 9090],
    );
    assert.equal(check.http_health_check.path, '/readyz');
  });

  test('a server that stops goes on for longer than it takes to notice', () => {
    const longest = check.unhealthy_threshold * secondsOf(check.interval) + secondsOf(check.timeout);
    assert.ok(Number(flag('--shutdown-delay')) > longest);
    assert.equal(check.no_traffic_interval, check.interval);
  });

  test('speaks the PROXY protocol with the servers, and not with their status pages', () => {
    assert.equal(new URL(flag('--listen')).searchParams.get('proxyProtocol'), '1');
    assert.match(cluster.transport_socket.typed_config['@type'], /\.ProxyProtocolUpstreamTransport$/);
    const [{ match, transport_socket }] = cluster.transport_socket_matches;
    assert.deepEqual(check.transport_socket_match_criteria, match);
    assert.match(transport_socket.typed_config['@type'], /\.RawBuffer$/);
    assert.ok(!text.includes('envoy.transport_socket_match'), 'no endpoint is of the plain kind');
    assert.ok(!line.includes('--trusted-proxies') && manager.use_remote_address);
  });

  test('what may have reached a server is sent again only where that does no harm', () => {
    const [ofGet, ofAll] = host.routes;
    const methods = new RegExp(`^(?:${ofGet.match.headers[0].string_match.safe_regex.regex})$`);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) assert.doesNotMatch(method, methods);
    assert.match('GET', methods);
    assert.equal(ofAll.route.retry_policy, undefined);
    const unsent = ['connect-failure', 'reset-before-request'];
    assert.deepEqual(host.retry_policy.retry_on.split(','), unsent);
    assert.deepEqual(ofGet.route.retry_policy.retry_on.split(','), [...unsent, 'reset']);
  });

  test('routes lead to the cluster', () => {
    const names = host.routes.map(({ route }: typeof host) => route.cluster);
    assert.deepEqual(new Set([...names, cluster.load_assignment.cluster_name]), new Set([cluster.name]));
  });
});

describe('examples/proxies', () => {
  for (const name of readdirSync(folder)) {
    test(`${name} names a command that is accepted`, () => {
      const words = startLine(readFileSync(join(folder, name), 'utf8'));
      const env = {
        PATH: process.env.PATH,
        PRONGHORN_ADMIN_TOKEN: words.includes('--admin') ? 'secret' : '',
      };
      const args = [commandLine, 'check', fixture('api-app.mjs'), ...words];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
      assert.equal(status, 0, stderr);
    });
  }
});
