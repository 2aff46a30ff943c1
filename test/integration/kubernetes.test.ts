// The example for Kubernetes: its objects are ones that the API takes, they find each other by labels and names, and what they
// say to the server fits with the image, the options, the probes and the metrics.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { METRICS } from '#dist/admin/metrics.js';
import { configFromEnvironment } from '#dist/config/environment.js';
import { resolveConfig } from '#dist/config/resolve.js';
import { faultsOf, type KubernetesObject, onlyOf, readExample } from '../support/kubernetes.js';
import { root } from '../support/paths.js';

const DEFAULTS = resolveConfig({}, 1);

const objects = readExample();
const deployment = onlyOf(objects, 'Deployment');
const service = onlyOf(objects, 'Service');
const budget = onlyOf(objects, 'PodDisruptionBudget');
const autoscaler = onlyOf(objects, 'HorizontalPodAutoscaler');

const template = deployment.spec!.template;
const pod = template.spec!;
const [container] = pod.containers as [(typeof pod.containers)[number]];
const labels = template.metadata!.labels!;
const dockerfile = readFileSync(join(root, 'examples/docker/Dockerfile'), 'utf8');
const ofImage = Object.fromEntries(
  [...dockerfile.matchAll(/(PRONGHORN_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
);
const ofPod = Object.fromEntries(
  container.env!.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value!]),
);

/** The example with one thing of its Deployment changed. */
function changed(from: string, to: string): KubernetesObject[] {
  const text = JSON.stringify(deployment);
  assert.ok(text.includes(from), from);
  return objects.map((object) =>
    object.kind === 'Deployment' ? JSON.parse(text.replace(from, to)) : object,
  );
}

function assertSelected(selector: Record<string, string> | undefined): void {
  const names = Object.keys(selector ?? {});
  assert.ok(names.length > 0);
  for (const name of names) assert.equal(labels[name], selector![name], name);
}

describe('examples/kubernetes by the types of the API', () => {
  test('has no fault', () => {
    assert.deepEqual(faultsOf(objects), []);
  });

  for (const [what, from, to, says] of [
    ['a name that is misspelt', '"readinessProbe"', '"readynessProbe"', /readynessProbe"' does not exist/],
    ['a field that is missing', '"selector"', '"strategy"', /'selector' is missing/],
    ['a text in place of a number', '"periodSeconds":1', '"periodSeconds":"1"', /'string' is not assignable/],
    ['a number in place of a text', '"value":"5"', '"value":5', /'number' is not assignable/],
  ] as const) {
    test(`would be told of ${what}`, () => {
      assert.match(faultsOf(changed(from, to)).join('\n'), says);
    });
  }
});

describe('examples/kubernetes', () => {
  test('has objects of kinds and versions that there are', () => {
    assert.throws(
      () => faultsOf(changed('"apiVersion":"apps/v1"', '"apiVersion":"apps/v2"')),
      /apps\/v2 Deployment/,
    );
  });

  test('selectors match the labels of the pods', () => {
    assertSelected(deployment.spec!.selector.matchLabels);
    assertSelected(service.spec!.selector);
    assertSelected(budget.spec!.selector!.matchLabels);
  });

  test('ports are those of the image, by the names that service and probes ask for', () => {
    const ports = new Map(container.ports!.map(({ name, containerPort }) => [name, containerPort]));
    const portOf = (place: string | undefined) => Number(new URL(place!.replace('*', 'localhost')).port);
    assert.deepEqual(
      service.spec!.ports!.map(({ targetPort }) => ports.get(targetPort as string)),
      [portOf(ofPod.PRONGHORN_LISTEN)],
    );
    const { startupProbe, readinessProbe, livenessProbe } = container;
    for (const probe of [startupProbe, readinessProbe, livenessProbe])
      assert.equal(ports.get(probe!.httpGet!.port as string), portOf(ofPod.PRONGHORN_ADMIN));
    assert.equal(template.metadata!.annotations!['prometheus.io/port'], String(ports.get('admin')));
    for (const name of ['PRONGHORN_LISTEN', 'PRONGHORN_ADMIN'])
      assert.equal(portOf(ofPod[name]), portOf(ofImage[name]), name);
  });

  test('probes ask what is meant for them, and a start may take as long as an application may', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    assert.equal(livenessProbe!.httpGet!.path, '/healthz');
    assert.equal(readinessProbe!.httpGet!.path, '/readyz');
    assert.equal(startupProbe!.httpGet!.path, '/readyz');
    assert.ok(
      startupProbe!.periodSeconds! * startupProbe!.failureThreshold! >= DEFAULTS.bootTimeoutMs / 1000,
    );
  });

  test('a pod is given more time than its server takes, and nothing sleeps before', () => {
    const { shutdownDelay = 0, terminationTimeout = 0 } = configFromEnvironment(ofPod);
    assert.ok(shutdownDelay > 0 && pod.terminationGracePeriodSeconds! > shutdownDelay + terminationTimeout);
    assert.equal(container.lifecycle, undefined);
  });

  test('the autoscaler scales this Deployment by a metric that there is, and nobody else does', () => {
    const { scaleTargetRef, metrics, minReplicas, maxReplicas } = autoscaler.spec!;
    const { apiVersion, kind, metadata } = deployment;
    assert.deepEqual(scaleTargetRef, { apiVersion, kind, name: metadata!.name });
    assert.equal(deployment.spec!.replicas, undefined);
    assert.ok(minReplicas! < maxReplicas && minReplicas! > Number(budget.spec!.minAvailable));
    const [{ pods }] = metrics as [(typeof metrics & object)[number]];
    const metric = METRICS.find(({ name }) => name === pods!.metric.name);
    assert.equal(metric?.type, 'gauge');
    assert.match(
      readFileSync(join(root, 'docs/METRICS.md'), 'utf8'),
      new RegExp(`^\\| \`${metric!.name}\` `, 'm'),
    );
    const [, thousandths] = /^(\d+)m$/.exec(pods!.target.averageValue as string)!;
    assert.equal(Number(thousandths) / 1000, DEFAULTS.maxLoad);
  });

  test('pool and memory have the limits that their defaults come from', () => {
    assert.deepEqual(Object.keys(container.resources!.limits!).sort(), ['cpu', 'memory']);
    assert.ok(!('PRONGHORN_MAX_SERVERS' in ofPod) && !('PRONGHORN_MAX_MEMORY' in ofPod));
  });

  test('the user is not root, and where the root file system is read-only the manager has its folder', () => {
    assert.equal(pod.securityContext!.runAsNonRoot, true);
    assert.match(dockerfile, /^USER [1-9]\d*:/m);
    assert.equal(container.securityContext!.readOnlyRootFilesystem, true);
    assert.deepEqual(
      container.volumeMounts!.map(({ mountPath }) => mountPath),
      [dirname(ofImage.PRONGHORN_RUNTIME_DIR!)],
    );
    assert.deepEqual(
      container.volumeMounts!.map(({ name }) => name),
      pod.volumes!.map(({ name }) => name),
    );
  });

  test('every variable is an option, with a value that is accepted', () => {
    assert.ok(Object.keys(ofPod).length >= 4);
    assert.equal(Object.keys(configFromEnvironment(ofPod)).length, Object.keys(ofPod).length);
  });
});
