/** The phrases of the comparison lab in English, as the command line prints them; the page has them in its languages. */
export const ENGLISH_LAB_PHRASES = {
  'lab.start': 'Start of one container, images already there: where the time goes (model)',
  'lab.real': 'Measured of the real ones, or published',
  'lab.added': 'Added on the host: {count} processes, {memory} resident (pages that several share count in each)',
  'lab.path': 'One system call',
  'lab.kernel': 'Who answers `uname -r`: {release}',
  'lab.calls': 'System calls of the host that the program can make itself: {calls}. Source: {source}',
  'lab.calls.host': '{allowed} of them pass the RuntimeDefault profile; all of them without one',
  'lab.calls.vm':
    'none: they end in the guest kernel. What the host sees are VM exits, and calls of the VMM and virtiofsd',
  'lab.calls.sentry': 'none: they end in the Sentry, which itself may make {count} of the host’s',
  'lab.reach': 'What a defect in the kernel that answers would reach',
  'lab.reach.host': 'this node: its kernel is everybody’s, so every pod and the node itself',
  'lab.reach.vm': 'this pod’s VM; to the host there remain the hypervisor and the file server',
  'lab.reach.sentry':
    'this pod’s Sentry, a process without rights; to the host there remain the few calls it is allowed',
  'lab.path.app': 'program {name} ({pid})',
  'lab.path.platform': 'caught by the platform {name}: {ns} ns there and back',
  'lab.path.host-kernel': 'kernel of the node: {name}',
  'lab.path.guest-kernel': 'kernel of the guest: {name}',
  'lab.path.sentry': 'Sentry: {name} ({pid})',
  'lab.path.hypervisor': 'on a VM exit, hypervisor: {name} ({pid})',
  'lab.path.file-server': 'for files: {name} ({pid})',
  'lab.source.bundle': 'config.json of the bundle, linux.seccomp',
  'lab.source.kata': 'kata-containers docs/design/virtualization.md',
  'lab.source.gvisor': 'gVisor runsc/boot/filter/config (77; 82 by systrap, 97 with directfs)',
  'lab.source.recorded': 'recorded, median of 12 on two cores',
  'lab.source.kuasar': 'kuasar.io benchmark: Cloud Hypervisor, without CNI',
  'lab.source.firecracker': 'Firecracker SPECIFICATION.md',
  'lab.source.articleKata': 'the article, with Firecracker: the VMM and its guest, not the whole pod',
  'lab.source.articleGvisor': 'the article says milliseconds: the Sentry alone',
  'lab.pod': 'The same Pod on containerd and CRI-O',
} as const;

export type LabPhraseKey = keyof typeof ENGLISH_LAB_PHRASES;
