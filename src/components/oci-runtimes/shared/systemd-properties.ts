/**
 * Limits as systemd's settings. They are part of a container's scope, since systemd writes what it knows again at a reload.
 * @models opencontainers/cgroups systemd/v2.go genV2ResourcesProperties, crun src/libcrun/cgroup-systemd.c append_resources
 * @fidelity partial: given with the unit, where runc sets them when it is there
 */
import type { Resources } from '../../../protocols/oci-runtime/types.ts';
import { cgroupFiles } from './cgroup-limits.ts';

/** Settings of systemd by the file of the cgroup that they end in; the value as systemd spells it. */
const SETTINGS: Readonly<Record<string, readonly [setting: string, spell: (value: string) => string | null]>> = {
  'cpu.weight': ['CPUWeight', (value) => value],
  'cpu.max': ['CPUQuota', quota],
  'cpuset.cpus': ['AllowedCPUs', (value) => value],
  'memory.max': ['MemoryMax', infinity],
  'memory.high': ['MemoryHigh', infinity],
  'memory.low': ['MemoryLow', infinity],
  'memory.min': ['MemoryMin', infinity],
  'memory.swap.max': ['MemorySwapMax', infinity],
  'pids.max': ['TasksMax', infinity],
};

function infinity(value: string): string {
  return value === 'max' ? 'infinity' : value;
}

/** Whole percents of a CPU, rounded up. */
function quota(value: string): string | null {
  const [microseconds = 'max', period = '100000'] = value.split(' ');
  return microseconds === 'max' ? null : `${Math.ceil((Number(microseconds) * 100) / Number(period))}%`;
}

/** `MemoryMax=1048576`; null for what systemd does not know. */
export function systemdProperty(file: string, value: string): string | null {
  const known = SETTINGS[file];
  const spelled = known?.[1](value) ?? null;
  return known === undefined || spelled === null ? null : `${known[0]}=${spelled}`;
}

export const systemdProperties = (resources: Resources): string[] =>
  cgroupFiles(resources).flatMap(([file, value]) => systemdProperty(file, value) ?? []);
