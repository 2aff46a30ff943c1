// How many CPUs a control group leaves, told by files as the kernel has them: cgroup v1 and v2, nested, and as a container
// sees them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cgroupQuota } from '#dist/config/cpus.js';
import { temporaryFolder } from '../support/paths.js';

function quotaOf(list: string, files: Record<string, string>): number {
  const folder = temporaryFolder();
  const root = join(folder, 'cgroup');
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  writeFileSync(join(folder, 'list'), `${list}\n`);
  return cgroupQuota({ list: join(folder, 'list'), root });
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
  test(name, () => assert.equal(quotaOf(list, files), expected));
}
