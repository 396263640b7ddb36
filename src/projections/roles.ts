/**
 * What part a program plays beside pods: found by its name, so that a program nobody thought of still has the stratum its
 * process says it has. One line here gives a new runtime its place in the drawing.
 */

import type { Stratum } from './layers.ts';
import type { ProcessView } from './node-view.ts';

export type Role =
  /** Carries a guest kernel, with its virtual hardware. */
  | 'hypervisor'
  /** Serves a guest its files from the host. */
  | 'file-server'
  /** Runs containers inside a guest for whoever is outside. */
  | 'agent'
  /** Is a kernel itself. */
  | 'sentry'
  /** Holds one container: keeps its output, reports its end. */
  | 'monitor'
  /** Answers the CRI. */
  | 'cri-runtime';

const ROLES: readonly { readonly name: RegExp; readonly role: Role; readonly stratum: Stratum }[] = [
  { name: /^(qemu-system-|cloud-hypervisor$|firecracker$)/, role: 'hypervisor', stratum: 'oci-runtime' },
  { name: /^(virtiofsd|runsc-gofer)$/, role: 'file-server', stratum: 'oci-runtime' },
  { name: /^kata-agent$/, role: 'agent', stratum: 'oci-runtime' },
  { name: /^runsc-sandbox$/, role: 'sentry', stratum: 'oci-runtime' },
  { name: /^conmon(rs)?$/, role: 'monitor', stratum: 'shim' },
  { name: /^(containerd|crio|cri-dockerd|dockerd)$/, role: 'cri-runtime', stratum: 'cri-runtime' },
];

export type Place = { readonly role: Role | null; readonly stratum: Stratum | 'client' | null };

const places = new WeakMap<ProcessView, Place>();

/** By the name it was started under, then by the file it runs. */
export function placeOf(process: ProcessView): Place {
  let place = places.get(process);
  if (place === undefined) {
    const names = [process.argv[0], process.path].map((path) => path?.split('/').at(-1) ?? '');
    const found = ROLES.find((entry) => names.some((name) => entry.name.test(name)));
    place = { role: found?.role ?? null, stratum: found?.stratum ?? process.layer };
    places.set(process, place);
  }
  return place;
}

export function nameOf(process: ProcessView): string {
  return process.path.split('/').at(-1) || process.comm;
}
