/** What was written to /proc/sys, and by whose namespace it counts. What may be written is in sysctl.ts. */
import type { Kernel } from '../kernel.ts';
import type { Process } from '../process.ts';

/** A value of the machine as a whole; `otherwise` is what it starts with. */
export function sysctlValue(kernel: Kernel, path: string, otherwise: string): string {
  return kernel.sysctls.get(path) ?? otherwise;
}

const namespaced = new WeakMap<object, Map<string, string>>();

/** Network and ipc namespaces have values of their own. */
export function sysctlHolder(kernel: Kernel, path: string, caller: Process | null): Map<string, string> {
  const ns = caller?.namespaces ?? kernel.initialNamespaces;
  const key: object | null = path.startsWith('net/')
    ? ns.net
    : /^(kernel\/(msg|sem|shm)|fs\/mqueue\/)/.test(path)
      ? ns.ipc
      : null;
  if (key === null) return kernel.sysctls;
  let values = namespaced.get(key);
  if (values === undefined) {
    values = new Map();
    namespaced.set(key, values);
  }
  return values;
}
