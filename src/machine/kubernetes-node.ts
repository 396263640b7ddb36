/**
 * What kubeadm leaves on the first control-plane node, its taint removed so that pods can be scheduled here.
 * @models kubeadm 1.36 init phases certs, kubeconfig, etcd, control-plane, kubelet-start
 * @fidelity partial: certificates are the TLS model's; no addons are installed by it (kube-proxy and CoreDNS)
 */
import { CLUSTER_ADMINS } from '../commands/kubeadm/access.ts';
import { type Certificate, encodePem } from '../protocols/distribution/tls-model.ts';
import { kubeconfigText } from '../protocols/kube/kubeconfig-text.ts';
import type { DiskImage } from './disk-image.ts';

/** What a release of Kubernetes is made of, as far as its files on the node show it. */
export type KubernetesRelease = {
  version: string;
  /** Where its images are. */
  registry: string;
  etcd: string;
  /** The fields of the kubelet's configuration that have come since. */
  configuresRuntime: boolean;
  etcdProbes: { liveness: string; readiness: string };
  etcdFlags: { corruptCheck: string; last: readonly string[] };
  /** Whom admin.conf speaks for: system:masters until 1.28. */
  adminGroup: string;
  /** What kubeadm gives the kubelet besides its address. */
  kubeletArgs: (runtimeSocket: string) => string;
};

export const kubernetes136: KubernetesRelease = {
  version: 'v1.36.4',
  registry: 'registry.k8s.io',
  etcd: '3.6.6-0',
  configuresRuntime: true,
  etcdProbes: { liveness: '/livez', readiness: '/readyz' },
  etcdFlags: {
    corruptCheck: '--feature-gates=InitialCorruptCheck=true',
    last: ['--watch-progress-notify-interval=5s'],
  },
  adminGroup: CLUSTER_ADMINS,
  kubeletArgs: (socket) => `--container-runtime-endpoint=${socket}`,
};

/** The last with dockershim; the cluster was made when images came from k8s.gcr.io. */
export const kubernetes123: KubernetesRelease = {
  version: 'v1.23.17',
  registry: 'k8s.gcr.io',
  etcd: '3.5.6-0',
  configuresRuntime: false,
  etcdProbes: { liveness: '/health', readiness: '/health' },
  etcdFlags: { corruptCheck: '--experimental-initial-corrupt-check=true', last: [] },
  adminGroup: 'system:masters',
  kubeletArgs: () => '--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.6',
};

const PKI = '/etc/kubernetes/pki';
const DNS_ADDRESS = '10.96.0.10';

type NodeOptions = {
  name: string;
  address: string;
  /** The CRI runtime's unit and socket. */
  runtime: { unit: string; socket: string };
  release?: KubernetesRelease;
  /** What the nodes' pod networks are cut from, by the controller manager; without it nobody gives them any. */
  podSubnet?: string;
};

type WriteConfig = (file: string, user: string, subject: string, organizations: readonly string[]) => void;

function configWriter(disk: DiskImage, server: string): WriteConfig {
  const ca = authority('kubernetes');
  return (file, user, subject, organizations) =>
    disk.file(
      file,
      kubeconfigText({ server, ca, user, certificate: { subject, issuer: 'kubernetes', dnsNames: [], organizations } }),
      0o600,
    );
}

/** What `kubeadm join` leaves on a worker: the cluster's authority, and a kubelet that knows the API server. */
export function kubernetesWorker(disk: DiskImage, node: NodeOptions & { server: string }): void {
  disk.file(`${PKI}/ca.crt`, encodePem(authority('kubernetes')));
  const user = `system:node:${node.name}`;
  configWriter(disk, node.server)('/etc/kubernetes/kubelet.conf', user, user, ['system:nodes']);
  disk.directory('/etc/kubernetes/manifests');
  kubelet(disk, node);
}

export function kubernetesNode(disk: DiskImage, node: NodeOptions): void {
  const { release = kubernetes136 } = node;
  writePki(disk, node, release);
  const config = configWriter(disk, `https://${node.address}:6443`);
  const admin = ['kubernetes-admin', 'kubernetes-admin', [release.adminGroup]] as const;
  config('/etc/kubernetes/admin.conf', ...admin);
  config('/root/.kube/config', ...admin);
  if (release.adminGroup === CLUSTER_ADMINS)
    config('/etc/kubernetes/super-admin.conf', 'kubernetes-super-admin', 'kubernetes-super-admin', ['system:masters']);
  config('/etc/kubernetes/kubelet.conf', `system:node:${node.name}`, `system:node:${node.name}`, ['system:nodes']);
  config('/etc/kubernetes/scheduler.conf', 'system:kube-scheduler', 'system:kube-scheduler', []);
  config(
    '/etc/kubernetes/controller-manager.conf',
    'system:kube-controller-manager',
    'system:kube-controller-manager',
    [],
  );
  for (const [name, text] of Object.entries(manifests(node)))
    disk.file(`/etc/kubernetes/manifests/${name}.yaml`, text, 0o600);
  disk.directory('/var/lib/etcd', 0o700);
  kubelet(disk, node);
}

function authority(subject: string): Certificate {
  return { subject, issuer: subject, dnsNames: [subject] };
}

function writePki(disk: DiskImage, { name, address }: NodeOptions, { adminGroup }: KubernetesRelease): void {
  const write = (path: string, certificate: Certificate): void => {
    disk.file(`${PKI}/${path}.crt`, encodePem(certificate));
    disk.file(`${PKI}/${path}.key`, KEY, 0o600);
  };
  const signed = (
    issuer: string,
    subject: string,
    dnsNames: readonly string[],
    organizations: readonly string[] = [],
  ): Certificate => ({
    subject,
    issuer,
    dnsNames,
    organizations,
  });
  write('ca', authority('kubernetes'));
  write('front-proxy-ca', authority('front-proxy-ca'));
  write('etcd/ca', authority('etcd-ca'));
  const service = 'kubernetes.default.svc.cluster.local'.split('.').map((_, i, all) => all.slice(0, i + 1).join('.'));
  const names = [name, ...service.filter((_, i) => i !== 3), '10.96.0.1', address, '127.0.0.1', 'localhost'];
  write('apiserver', signed('kubernetes', 'kube-apiserver', names));
  write('apiserver-kubelet-client', signed('kubernetes', 'kube-apiserver-kubelet-client', [], [adminGroup]));
  write('apiserver-etcd-client', signed('etcd-ca', 'kube-apiserver-etcd-client', []));
  write('front-proxy-client', signed('front-proxy-ca', 'front-proxy-client', []));
  const local = ['localhost', name, address, '127.0.0.1'];
  for (const one of ['server', 'peer']) write(`etcd/${one}`, signed('etcd-ca', name, local));
  write('etcd/healthcheck-client', signed('etcd-ca', 'kube-etcd-healthcheck-client', []));
  disk.file(`${PKI}/sa.key`, KEY, 0o600);
  disk.file(`${PKI}/sa.pub`, KEY.replaceAll('RSA PRIVATE', 'PUBLIC'));
}

/** Keys prove nothing in the model; the service accounts' one is what their tokens are signed with. */
const KEY = `-----BEGIN RSA PRIVATE KEY-----
a2V5cyBhcmUgbm90IHNpbXVsYXRlZDogdGhpcyBvbmUgc3RhbmRzIGZvciBhIGtl
-----END RSA PRIVATE KEY-----
`;

type Component = {
  command: readonly string[];
  image: string;
  cpu: string;
  memory?: string;
  probe: { host: string; port: number; scheme: 'HTTP' | 'HTTPS'; liveness: string; readiness: string };
  mounts: readonly (readonly [name: string, path: string, type: 'DirectoryOrCreate' | 'FileOrCreate'])[];
  annotation?: string;
};

function manifests({ name, address, podSubnet, release = kubernetes136 }: NodeOptions): Record<string, string> {
  const etcd = `https://${address}:2379`;
  const pki = ['k8s-certs', PKI, 'DirectoryOrCreate'] as const;
  const auth = (config: string): string[] => [
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--bind-address=127.0.0.1',
  ];
  const components: Record<string, Component> = {
    etcd: {
      image: `${release.registry}/etcd:${release.etcd}`,
      cpu: '100m',
      memory: '100Mi',
      annotation: `kubeadm.kubernetes.io/etcd.advertise-client-urls: ${etcd}`,
      command: [
        'etcd',
        `--advertise-client-urls=${etcd}`,
        `--cert-file=${PKI}/etcd/server.crt`,
        '--client-cert-auth=true',
        '--data-dir=/var/lib/etcd',
        release.etcdFlags.corruptCheck,
        `--initial-advertise-peer-urls=https://${address}:2380`,
        `--initial-cluster=${name}=https://${address}:2380`,
        `--key-file=${PKI}/etcd/server.key`,
        `--listen-client-urls=https://127.0.0.1:2379,${etcd}`,
        '--listen-metrics-urls=http://127.0.0.1:2381',
        `--listen-peer-urls=https://${address}:2380`,
        `--name=${name}`,
        `--peer-cert-file=${PKI}/etcd/peer.crt`,
        '--peer-client-cert-auth=true',
        `--peer-key-file=${PKI}/etcd/peer.key`,
        `--peer-trusted-ca-file=${PKI}/etcd/ca.crt`,
        '--snapshot-count=10000',
        `--trusted-ca-file=${PKI}/etcd/ca.crt`,
        ...release.etcdFlags.last,
      ],
      probe: { host: '127.0.0.1', port: 2381, scheme: 'HTTP', ...release.etcdProbes },
      mounts: [
        ['etcd-data', '/var/lib/etcd', 'DirectoryOrCreate'],
        ['etcd-certs', `${PKI}/etcd`, 'DirectoryOrCreate'],
      ],
    },
    'kube-apiserver': {
      image: `${release.registry}/kube-apiserver:${release.version}`,
      cpu: '250m',
      annotation: `kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: ${address}:6443`,
      command: [
        'kube-apiserver',
        `--advertise-address=${address}`,
        '--allow-privileged=true',
        '--authorization-mode=Node,RBAC',
        `--client-ca-file=${PKI}/ca.crt`,
        '--enable-admission-plugins=NodeRestriction',
        '--enable-bootstrap-token-auth=true',
        `--etcd-cafile=${PKI}/etcd/ca.crt`,
        `--etcd-certfile=${PKI}/apiserver-etcd-client.crt`,
        `--etcd-keyfile=${PKI}/apiserver-etcd-client.key`,
        '--etcd-servers=https://127.0.0.1:2379',
        `--kubelet-client-certificate=${PKI}/apiserver-kubelet-client.crt`,
        `--kubelet-client-key=${PKI}/apiserver-kubelet-client.key`,
        '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
        '--secure-port=6443',
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        `--service-account-key-file=${PKI}/sa.pub`,
        `--service-account-signing-key-file=${PKI}/sa.key`,
        '--service-cluster-ip-range=10.96.0.0/12',
        `--tls-cert-file=${PKI}/apiserver.crt`,
        `--tls-private-key-file=${PKI}/apiserver.key`,
      ],
      probe: { host: address, port: 6443, scheme: 'HTTPS', liveness: '/livez', readiness: '/readyz' },
      mounts: [pki],
    },
    'kube-controller-manager': {
      image: `${release.registry}/kube-controller-manager:${release.version}`,
      cpu: '200m',
      command: [
        'kube-controller-manager',
        ...(podSubnet === undefined ? [] : ['--allocate-node-cidrs=true']),
        ...auth('/etc/kubernetes/controller-manager.conf'),
        `--client-ca-file=${PKI}/ca.crt`,
        ...(podSubnet === undefined ? [] : [`--cluster-cidr=${podSubnet}`]),
        '--cluster-name=kubernetes',
        `--cluster-signing-cert-file=${PKI}/ca.crt`,
        `--cluster-signing-key-file=${PKI}/ca.key`,
        '--controllers=*,bootstrapsigner,tokencleaner',
        '--kubeconfig=/etc/kubernetes/controller-manager.conf',
        '--leader-elect=true',
        `--root-ca-file=${PKI}/ca.crt`,
        `--service-account-private-key-file=${PKI}/sa.key`,
        '--use-service-account-credentials=true',
      ],
      probe: { host: '127.0.0.1', port: 10_257, scheme: 'HTTPS', liveness: '/healthz', readiness: '/healthz' },
      mounts: [pki, ['kubeconfig', '/etc/kubernetes/controller-manager.conf', 'FileOrCreate']],
    },
    'kube-scheduler': {
      image: `${release.registry}/kube-scheduler:${release.version}`,
      cpu: '100m',
      command: [
        'kube-scheduler',
        ...auth('/etc/kubernetes/scheduler.conf'),
        '--kubeconfig=/etc/kubernetes/scheduler.conf',
        '--leader-elect=true',
      ],
      probe: { host: '127.0.0.1', port: 10_259, scheme: 'HTTPS', liveness: '/livez', readiness: '/readyz' },
      mounts: [['kubeconfig', '/etc/kubernetes/scheduler.conf', 'FileOrCreate']],
    },
  };
  return Object.fromEntries(Object.entries(components).map(([key, component]) => [key, manifest(key, component)]));
}

function manifest(name: string, { command, image, cpu, memory, probe, mounts, annotation }: Component): string {
  const check = (kind: string, path: string, timing: string): string => `    ${kind}:
${timing}      httpGet:
        host: ${probe.host}
        path: ${path}
        port: ${probe.port}
        scheme: ${probe.scheme}
      timeoutSeconds: 15
`;
  const start = '      failureThreshold: 24\n      initialDelaySeconds: 10\n      periodSeconds: 10\n';
  const live = '      failureThreshold: 8\n      initialDelaySeconds: 10\n      periodSeconds: 10\n';
  const ready = '      failureThreshold: 3\n      periodSeconds: 1\n';
  return `apiVersion: v1
kind: Pod
metadata:
${annotation === undefined ? '' : `  annotations:\n    ${annotation}\n`}  labels:
    component: ${name}
    tier: control-plane
  name: ${name}
  namespace: kube-system
spec:
  containers:
  - command:
${command.map((word) => `    - ${word}\n`).join('')}    image: ${image}
    imagePullPolicy: IfNotPresent
${check('livenessProbe', probe.liveness, live)}    name: ${name}
${check('readinessProbe', probe.readiness, ready)}    resources:
      requests:
        cpu: ${cpu}
${memory === undefined ? '' : `        memory: ${memory}\n`}${check('startupProbe', probe.liveness, start)}    volumeMounts:
${mounts.map(([volume, path]) => `    - mountPath: ${path}\n      name: ${volume}\n${name === 'etcd' ? '' : '      readOnly: true\n'}`).join('')}  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  volumes:
${mounts.map(([volume, path, type]) => `  - hostPath:\n      path: ${path}\n      type: ${type}\n    name: ${volume}\n`).join('')}status: {}
`;
}

const kubeletConfig = (release: KubernetesRelease): string => `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: ${PKI}/ca.crt
authorization:
  mode: Webhook
  webhook:
    cacheAuthorizedTTL: 0s
    cacheUnauthorizedTTL: 0s
cgroupDriver: systemd
clusterDNS:
- ${DNS_ADDRESS}
clusterDomain: cluster.local
${release.configuresRuntime ? 'containerRuntimeEndpoint: ""\n' : ''}healthzBindAddress: 127.0.0.1
healthzPort: 10248
kind: KubeletConfiguration
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`;

const kubeletUnit = (runtimeUnit: string): string => `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target ${runtimeUnit} networking.service

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

const KUBELET_DROP_IN = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

function kubelet(disk: DiskImage, { address, runtime, release = kubernetes136 }: NodeOptions): void {
  disk.file('/var/lib/kubelet/config.yaml', kubeletConfig(release));
  disk.file(
    '/var/lib/kubelet/kubeadm-flags.env',
    `KUBELET_KUBEADM_ARGS="${release.kubeletArgs(runtime.socket)} --node-ip=${address}"\n`,
  );
  disk.file('/etc/default/kubelet', 'KUBELET_EXTRA_ARGS=\n');
  disk.file('/usr/lib/systemd/system/kubelet.service', kubeletUnit(runtime.unit));
  disk.file('/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf', KUBELET_DROP_IN);
  disk.link('/etc/systemd/system/multi-user.target.wants/kubelet.service', '/usr/lib/systemd/system/kubelet.service');
}
