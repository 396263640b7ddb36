/** English, for the faults. The keys here are the type of the other catalogue of them. */
export const faultsEn = {
  'faults.title': 'Break this node',
  'faults.intro':
    'Each fault is a line that anybody could type as root, and it is typed for you, where you can read it. What follows is the node’s own doing: nothing is acted. The same from the command line: `cutaway run --fault NAME`.',
  'faults.none': 'This node has no such faults: there is no kubelet that would notice.',
  'faults.begin': 'Break',
  'faults.end': 'Undo',
  'faults.begun': 'Begun: {name}',
  'faults.ended': 'Undone: {name}',
  'faults.wrong': 'It cannot take that.',
  'faults.what': 'What will be seen?',
  'faults.runtime-stopped.name': 'The runtime is stopped',
  'faults.runtime-stopped.symptom':
    'Containers go on running. The kubelet finds no runtime, the node turns NotReady after its grace period, new pods stay Pending.',
  'faults.socket-moved.name': 'The runtime’s socket is somewhere else',
  'faults.socket-moved.symptom':
    'The kubelet cannot connect and ends; systemd starts it again and again. crictl finds no such file.',
  'faults.cri-disabled.name': 'containerd’s CRI plugin is disabled',
  'faults.cri-disabled.symptom':
    'ctr works, crictl says that the service is unimplemented. The kubelet loses its runtime; containers go on running.',
  'faults.cgroup-driver.name': 'The runtime uses another cgroup driver',
  'faults.cgroup-driver.symptom':
    'The kubelet asks the runtime and follows. New containers lie in cgroups with odd names, outside of the slices of systemd.',
  'faults.cni-missing.name': 'The CNI configuration is gone',
  'faults.cni-missing.symptom':
    'The node turns NotReady: the network plugin is not initialised. Pods that run go on; new ones get no sandbox.',
  'faults.pause-unreachable.name': 'The pause image cannot be pulled',
  'faults.pause-unreachable.symptom': 'New pods wait in ContainerCreating: FailedCreatePodSandBox names the image.',
  'faults.registry-unreachable.name': 'A registry cannot be reached',
  'faults.registry-unreachable.symptom':
    'Images that are there still start. Others end in ErrImagePull, then ImagePullBackOff, with the address that refused.',
  'faults.registry-unreachable.argument': 'Registry',
  'faults.disk-full.name': 'The disk fills up',
  'faults.disk-full.symptom':
    'DiskPressure and its taint; the kubelet deletes unused images, then evicts pods. Writing fails with “no space left on device”.',
  'faults.disk-full.argument': 'Percent of what is free',
  'faults.runtime-slow.name': 'The runtime does not answer',
  'faults.runtime-slow.symptom':
    'Every call runs into its deadline; after three minutes the kubelet says that PLEG is not healthy, and the node is NotReady.',
  'faults.create-hangs.name': 'Creating a container hangs',
  'faults.create-hangs.symptom':
    'New pods stay in ContainerCreating until the kubelet’s deadline; then the name is still reserved and it tries again.',
  'faults.create-hangs.argument': 'Seconds',
  'faults.clock-skew.name': 'The clock is wrong',
  'faults.clock-skew.symptom': 'Ages and log times are wrong; leases and certificates look expired or not valid yet.',
  'faults.clock-skew.argument': 'Seconds ahead (or behind, below zero)',
  'faults.reboot.name': 'The node is rebooted',
  'faults.reboot.symptom':
    'Everything stops in order. After the boot the kubelet finds its pods and starts new sandboxes for them; the event says Rebooted.',
  'faults.power-cut.name': 'The power is cut',
  'faults.power-cut.symptom':
    'No signal, no farewell. What had not been written is lost; afterwards all is as after a reboot.',
  'faults.kubelet-killed.name': 'The kubelet is killed',
  'faults.kubelet-killed.symptom':
    'Containers do not notice. systemd starts it again; it learns what runs from the runtime.',
  'faults.network-lost.name': 'The node loses its network',
  'faults.network-lost.symptom':
    'The lease is not renewed, the node turns NotReady, its pods are replaced after five minutes. On the node all goes on.',
} as const;

export type FaultMessageKey = keyof typeof faultsEn;
