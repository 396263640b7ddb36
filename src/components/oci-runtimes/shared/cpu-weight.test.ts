import { expect, test } from 'vitest';
import { cgroupConfig, cgroupDirectory } from './cgroup-path.ts';
import { cpuWeightFromShares } from './cpu-weight.ts';

test.each([
  [2, 1],
  [102, 17],
  [256, 35],
  [512, 59],
  [1024, 100],
  [2048, 174],
  [4096, 303],
  [8192, 532],
  [262_144, 10_000],
  [0, 0],
])('%i shares weigh %i', (shares, weight) => {
  expect(cpuWeightFromShares(shares)).toBe(weight);
});

test('cgroup directories', () => {
  expect(cgroupDirectory(cgroupConfig('/kubepods/burstable/podx/c', 'id', false), '/')).toBe(
    '/sys/fs/cgroup/kubepods/burstable/podx/c',
  );
  expect(cgroupDirectory(cgroupConfig(undefined, 'id', false), '/user.slice/s.scope')).toBe(
    '/sys/fs/cgroup/user.slice/id',
  );
  expect(cgroupDirectory(cgroupConfig('a-b.slice:cri:id', 'id', true), '/')).toBe(
    '/sys/fs/cgroup/a.slice/a-b.slice/cri-id.scope',
  );
  expect(() => cgroupConfig('/x', 'id', true)).toThrow();
});
