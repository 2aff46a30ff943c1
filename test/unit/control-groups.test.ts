// How many CPUs and how much memory a control group leaves, told by files as the kernel has them: cgroup v1 and v2, nested, and as a container
// sees them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ControlGroups } from '#dist/config/control-groups.js';
import { cgroupQuota } from '#dist/config/cpus.js';
import { memoryLimit, workerMemory } from '#dist/config/memory.js';
import { resolveConfig } from '#dist/config/resolve.js';
import { temporaryFolder } from '../support/paths.js';

function groupsOf(list: string, files: Record<string, string>): ControlGroups {
  const folder = temporaryFolder();
  const root = join(folder, 'cgroup');
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  writeFileSync(join(folder, 'list'), `${list}\n`);
  return { list: join(folder, 'list'), root };
}

const CASES: [string, number, string, Record<string, string>][] = [
  ['v2, a quota of its own', 1.5, '0::/a/b', { 'a/b/cpu.max': '150000 100000', 'a/cpu.max': 'max 100000' }],
  [
    'v2, the group above has less',
    0.5,
    '0::/a/b',
    { 'a/b/cpu.max': '200000 100000', 'a/cpu.max': '50000 100000' },
  ],
  ['v2, in a container', 2, '0::/', { 'cpu.max': '200000 100000' }],
  ['v2, without a quota', Number.POSITIVE_INFINITY, '0::/a', { 'a/cpu.max': 'max 100000' }],
  [
    'v1, a quota of its own',
    0.25,
    '5:memory:/a\n4:cpu,cpuacct:/a\n0::/',
    { 'cpu,cpuacct/a/cpu.cfs_quota_us': '25000', 'cpu,cpuacct/a/cpu.cfs_period_us': '100000' },
  ],
  [
    'v1, in a container that is told the path on the host',
    3,
    '4:cpuset:/x\n3:cpuacct,cpu:/docker/1f2e\n1:name=systemd:/docker/1f2e',
    { 'cpuacct,cpu/cpu.cfs_quota_us': '300000', 'cpuacct,cpu/cpu.cfs_period_us': '100000' },
  ],
  [
    'v1, without a quota',
    Number.POSITIVE_INFINITY,
    '2:cpu:/',
    { 'cpu/cpu.cfs_quota_us': '-1', 'cpu/cpu.cfs_period_us': '100000' },
  ],
  ['no control group', Number.POSITIVE_INFINITY, '', {}],
];

for (const [name, expected, list, files] of CASES) {
  test(name, () => assert.equal(cgroupQuota(groupsOf(list, files)), expected));
}

const MIB = 1024 * 1024;

const MEMORY_CASES: [string, number, string, Record<string, string>][] = [
  [
    'v2, the group above has less',
    512,
    '0::/a/b',
    { 'a/b/memory.max': 'max', 'a/memory.max': `${512 * MIB}` },
  ],
  [
    'v2, slowed down before the limit',
    384,
    '0::/a',
    { 'a/memory.max': `${512 * MIB}`, 'a/memory.high': `${384 * MIB}` },
  ],
  ['v2, in a container', 256, '0::/', { 'memory.max': `${256 * MIB}` }],
  ['v2, without a limit', Number.POSITIVE_INFINITY, '0::/a', { 'a/memory.max': 'max' }],
  [
    'v1, in a container that is told the path on the host',
    128,
    '4:memory:/docker/1f2e\n3:cpuacct,cpu:/docker/1f2e',
    { 'memory/memory.limit_in_bytes': `${128 * MIB}` },
  ],
  [
    'v1, without a limit',
    Number.POSITIVE_INFINITY,
    '2:memory:/',
    { 'memory/memory.limit_in_bytes': '9223372036854771712' },
  ],
  ['no control group', Number.POSITIVE_INFINITY, '', {}],
];

for (const [name, expected, list, files] of MEMORY_CASES) {
  test(`memory: ${name}`, () => assert.equal(memoryLimit(groupsOf(list, files)) / MIB, expected));
}

test('maxMemory is by default a share of the limit, and never so little that a worker cannot live', () => {
  assert.equal(workerMemory(Number.POSITIVE_INFINITY, 4), 0);
  assert.equal(workerMemory(1024 * MIB, 4), 192 * MIB);
  assert.equal(workerMemory(64 * MIB, 4), 64 * MIB);
  assert.equal(resolveConfig({ workers: 2 }, 1, 1024 * MIB).maxMemory, 384 * MIB);
  assert.equal(resolveConfig({ workers: 2, maxMemory: 0 }, 1, 1024 * MIB).maxMemory, 0);
});
