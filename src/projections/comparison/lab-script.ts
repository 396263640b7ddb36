/** What the comparison lab types on each machine: the same container, and only the handler is another. */

const POD = JSON.stringify({
  metadata: { name: 'lab', namespace: 'default', uid: 'lab', attempt: 0 },
  log_directory: '/var/log/pods/lab',
  linux: {},
});
/** Profile type 0 is RuntimeDefault. */
const CONTAINER = JSON.stringify({
  metadata: { name: 'app' },
  image: { image: 'docker.io/library/busybox:1.36' },
  command: ['sleep', '3600'],
  log_path: 'app.log',
  linux: { security_context: { seccomp: { profile_type: 0 } } },
});

export const LAB_SCENARIO = 'bare';

/** Typed on one machine alone, and before what is compared: images are there then. */
export function labSetUp(handler: string): string {
  return [
    `RUNTIME=${handler}`,
    'crictl pull registry.k8s.io/pause:3.10',
    'crictl pull docker.io/library/busybox:1.36',
    `echo '${POD}' > pod.json`,
    `echo '${CONTAINER}' > container.json`,
  ].join('\n');
}

export const LAB_LINES: readonly string[] = [
  'POD=$(crictl runp --runtime $RUNTIME pod.json)',
  'CONTAINER=$(crictl create $POD container.json pod.json)',
  'crictl start $CONTAINER',
  'crictl exec $CONTAINER uname -r',
  `jq '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]] | unique | length' /run/containerd/io.containerd.runtime.v2.task/k8s.io/$CONTAINER/config.json`,
];

/** How many of those start the container; and which ask who answers (it runs by then), and for how many calls. */
export const LAB_START = 3;
export const LAB_KERNEL = 3;
export const LAB_CALLS = 4;

/** The names of the handlers in a config.toml of containerd. */
export function handlersOf(configuration: string): string[] {
  const names = [...configuration.matchAll(/\.runtimes\.([\w-]+)\]/g)].map((match) => match[1] as string);
  return [...new Set(names)];
}

/** The same Pod on two nodes, asked for in the way of Kubernetes. */
export const POD_LINES: readonly string[] = [
  'kubectl run web --image=nginx:alpine',
  'kubectl wait --for=condition=Ready pod/web --timeout=60s',
  'crictl ps --name web',
];
