/** The addons that kubeadm brings: kube-proxy on every node, and CoreDNS behind the address that the kubelet gives to pods. @models kubernetes 1.36 cmd/kubeadm/app/phases/addons */

type Body = {
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
};
type Manifest = { readonly resource: string; readonly object: Body };

const NAMESPACE = 'kube-system';

const cluster = (resource: string, object: Body): Manifest => ({ resource, object });
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const account = (name: string) => [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }];

const inSystem = (resource: string, object: Body): Manifest => ({
  resource,
  object: { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } },
});

export function kubeProxyAddon(server: string, version: string): Manifest[] {
  const labels = { 'k8s-app': 'kube-proxy' };
  return [
    inSystem('serviceaccounts', { metadata: { name: 'kube-proxy' } }),
    cluster('clusterrolebindings', {
      metadata: { name: 'kubeadm:node-proxier' },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'system:node-proxier' },
      subjects: account('kube-proxy'),
    }),
    inSystem('roles', {
      metadata: { name: 'kube-proxy' },
      rules: [{ apiGroups: [''], resourceNames: ['kube-proxy'], resources: ['configmaps'], verbs: ['get'] }],
    }),
    inSystem('rolebindings', {
      metadata: { name: 'kube-proxy' },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'kube-proxy' },
      subjects: [{ apiGroup: RBAC_GROUP, kind: 'Group', name: 'system:bootstrappers:kubeadm:default-node-token' }],
    }),
    inSystem('configmaps', {
      metadata: { name: 'kube-proxy', labels: { app: 'kube-proxy' } },
      data: {
        'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: ""
kind: KubeProxyConfiguration
mode: ""
`,
        'kubeconfig.conf': `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    server: ${server}
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
`,
      },
    }),
    inSystem('daemonsets', {
      metadata: { name: 'kube-proxy', labels },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: 'RollingUpdate' },
        template: {
          metadata: { labels },
          spec: {
            priorityClassName: 'system-node-critical',
            serviceAccountName: 'kube-proxy',
            hostNetwork: true,
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            tolerations: [{ operator: 'Exists' }],
            containers: [
              {
                name: 'kube-proxy',
                image: `registry.k8s.io/kube-proxy:${version}`,
                imagePullPolicy: 'IfNotPresent',
                command: [
                  '/usr/local/bin/kube-proxy',
                  '--config=/var/lib/kube-proxy/config.conf',
                  '--hostname-override=$(NODE_NAME)',
                ],
                env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } }],
                securityContext: { privileged: true },
                volumeMounts: [{ mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' }],
              },
            ],
            volumes: [{ name: 'kube-proxy', configMap: { name: 'kube-proxy' } }],
          },
        },
      },
    }),
  ];
}

const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

export function coreDnsAddon(clusterDns: string, version: string): Manifest[] {
  const labels = { 'k8s-app': 'kube-dns' };
  return [
    inSystem('configmaps', { metadata: { name: 'coredns' }, data: { Corefile: COREFILE } }),
    cluster('clusterroles', {
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    }),
    cluster('clusterrolebindings', {
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'system:coredns' },
      subjects: account('coredns'),
    }),
    inSystem('serviceaccounts', { metadata: { name: 'coredns' } }),
    inSystem('deployments', {
      metadata: { name: 'coredns', labels },
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            priorityClassName: 'system-cluster-critical',
            serviceAccountName: 'coredns',
            dnsPolicy: 'Default',
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            tolerations: [
              { key: 'CriticalAddonsOnly', operator: 'Exists' },
              { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
            ],
            containers: [
              {
                name: 'coredns',
                image: `registry.k8s.io/coredns/coredns:${version}`,
                imagePullPolicy: 'IfNotPresent',
                args: ['-conf', '/etc/coredns/Corefile'],
                resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
                ports: [
                  { containerPort: 53, name: 'dns', protocol: 'UDP' },
                  { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
                ],
                livenessProbe: {
                  httpGet: { path: '/health', port: 8080, scheme: 'HTTP' },
                  initialDelaySeconds: 60,
                  timeoutSeconds: 5,
                  failureThreshold: 5,
                },
                readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                  readOnlyRootFilesystem: true,
                },
                volumeMounts: [{ mountPath: '/etc/coredns', name: 'config-volume', readOnly: true }],
              },
            ],
            volumes: [
              {
                name: 'config-volume',
                configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] },
              },
            ],
          },
        },
      },
    }),
    inSystem('services', {
      metadata: {
        name: 'kube-dns',
        labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      },
      spec: {
        clusterIP: clusterDns,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        ],
      },
    }),
  ];
}
