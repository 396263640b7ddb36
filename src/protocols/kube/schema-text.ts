/** What kinds and fields are for, in words of our own: the descriptions that `kubectl explain` shows. */

const KINDS: Readonly<Record<string, string>> = {
  ComponentCondition: 'What a component answered when it was asked whether it is well.',
  ComponentStatus: 'Whether a part of the control plane is well, asked at the moment of the request.',
  ConfigMap: 'Configuration that pods read as files or environment variables.',
  Container: 'One container of a pod: an image, what to run of it, and with which means.',
  ContainerPort: 'A port that the container listens on. Naming it opens nothing; hostPort does.',
  CronJob: 'Makes a Job at the times that a schedule gives.',
  DaemonSet: 'Keeps one pod on every node that fits.',
  Deployment: 'Keeps a number of equal pods running, and replaces them step by step when their template changes.',
  EndpointSlice: 'Addresses of the pods behind a Service.',
  Event: 'Something that happened to an object, as a component saw it.',
  Job: 'Runs pods until enough of them have ended well.',
  LabelSelector: 'Which objects are meant, by their labels. All requirements have to hold.',
  Lease: 'Who holds something, and when that was last said: nodes and leaders renew theirs.',
  Lifecycle: 'What is done right after a container has started and before it is stopped.',
  Namespace: 'A scope for names, and for who may do what.',
  Node: 'A machine on which pods run.',
  ObjectMeta: 'What every object has: name, labels, owners, times.',
  Pod: 'Containers that are placed together and share network and volumes; what a kubelet runs.',
  PodSecurityContext: 'Security settings of all containers of the pod, which theirs override.',
  PodSpec: 'What is to run, and how.',
  PriorityClass: 'A name for how important pods are to the scheduler.',
  Probe: 'How the kubelet finds out whether a container is well.',
  ReplicaSet: 'Keeps a number of pods of one template running; a Deployment makes one for each version.',
  ReplicationController:
    'Keeps a number of pods of one template running, as a ReplicaSet does, by a selector of equalities only.',
  ResourceRequirements: 'What a container is promised, and what it may not exceed.',
  RuntimeClass: 'Which of the runtime\u2019s handlers runs a pod, what that costs besides, and on which nodes it can.',
  RuntimeOverhead: 'What a pod of this class needs besides its containers: counted by scheduler and kubelet.',
  RuntimeScheduling: 'Which nodes have this runtime.',
  Secret: 'Confidential data for pods and for pulling images.',
  SecurityContext: 'Security settings of one container.',
  Service: 'One address and name for the pods that a selector finds.',
  ServiceAccount: 'Who a pod is to the API, and with which credentials its images are pulled.',
  StatefulSet: 'Keeps pods that have a name and an order of their own.',
  Taint: 'What keeps pods away from a node, unless they tolerate it.',
  Toleration: 'A taint that does not keep this pod away.',
  Volume: 'Files that containers of the pod can mount.',
  VolumeMount: 'Where in a container a volume of the pod is seen.',
};

const COMMON: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the kind.',
  kind: 'What sort of object this is.',
  metadata: 'Name, labels and the like.',
  spec: 'What is wanted.',
  status: 'What is so at present, as a component last said.',
};

const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Container: {
    args: 'Replaces the image\u2019s CMD. $(NAME) stands for an environment variable.',
    command: 'Replaces the image\u2019s ENTRYPOINT. No shell is involved unless it is named.',
    env: 'Environment variables.',
    image: 'Name of the image.',
    imagePullPolicy: 'Always, IfNotPresent or Never. Always is the default of the tag latest.',
    lifecycle: 'Hooks after the start and before the stop.',
    livenessProbe: 'When it fails, the container is started anew.',
    name: 'Unique within the pod; it cannot change.',
    ports: 'Ports that it listens on.',
    readinessProbe: 'While it fails, Services send nothing here.',
    resources: 'CPU and memory that it is promised and may use.',
    restartPolicy: 'Always, on an init container, makes it a sidecar.',
    securityContext: 'User, capabilities, privileges.',
    startupProbe: 'Until it succeeds, the other probes wait.',
    stdin: 'Whether its standard input is kept open.',
    tty: 'Whether it gets a terminal.',
    volumeMounts: 'Volumes of the pod that it sees.',
    workingDir: 'Directory that it starts in.',
  },
  PodSpec: {
    activeDeadlineSeconds: 'After so long the pod is ended and counts as failed.',
    affinity: 'Rules about nodes and about other pods.',
    containers: 'The containers: at least one. They start together.',
    ephemeralContainers: 'Containers that were added to look into the running pod.',
    hostNetwork: 'Whether it shares the node\u2019s network.',
    hostPID: 'Whether it sees the node\u2019s processes.',
    hostUsers: 'False: the pod gets a user namespace of its own.',
    imagePullSecrets: 'Secrets with the credentials of private registries.',
    initContainers: 'Containers that run one after another before the others; sidecars stay.',
    nodeName: 'The node that it is bound to.',
    nodeSelector: 'Labels that the node must have.',
    overhead: 'What the runtime needs besides; filled in from the RuntimeClass.',
    priorityClassName: 'How important it is.',
    restartPolicy: 'Always, OnFailure or Never.',
    runtimeClassName: 'The RuntimeClass, and so the handler of the runtime, that runs it.',
    securityContext: 'Security settings for all its containers.',
    serviceAccountName: 'Who it is to the API.',
    shareProcessNamespace: 'Whether its containers see each other\u2019s processes.',
    terminationGracePeriodSeconds: 'How long it has between SIGTERM and SIGKILL; 30 by default.',
    tolerations: 'Taints that it does not mind.',
    topologySpreadConstraints: 'How evenly pods like this are to be spread.',
    volumes: 'Files for its containers.',
  },
  RuntimeClass: {
    handler: 'Name of the handler in the configuration of containerd or CRI-O. It cannot change.',
    overhead: 'Resources that a pod of this class needs besides its containers.',
    scheduling: 'Nodes that have the handler.',
  },
  RuntimeOverhead: { podFixed: 'Amounts for each pod.' },
  RuntimeScheduling: {
    nodeSelector: 'Labels that are added to the node selector of the pods.',
    tolerations: 'Tolerations that are added to those of the pods.',
  },
  ResourceRequirements: {
    limits: 'What may not be exceeded.',
    requests: 'What is promised; the scheduler counts it.',
  },
  ObjectMeta: {
    annotations: 'Notes of tools and people; nothing selects by them.',
    labels: 'What objects are selected by.',
    name: 'Unique within the namespace and kind.',
    namespace: 'The scope of the name.',
    ownerReferences: 'Whose object it is: it is deleted with them.',
    uid: 'Unique in time and space.',
  },
};

export function kindText(name: string): string {
  return KINDS[name] ?? '';
}

export function fieldText(type: string, field: string, topLevel: boolean): string {
  return FIELDS[type]?.[field] ?? (topLevel ? COMMON[field] : undefined) ?? '';
}
