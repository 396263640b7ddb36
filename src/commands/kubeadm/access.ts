/**
 * Who may what in a cluster that kubeadm has made, beyond what the API server itself brings.
 * @models kubernetes 1.36 cmd/kubeadm/app/phases/{kubeconfig,kubelet,uploadconfig,bootstraptoken}
 * @fidelity partial: those that an administrator looks at
 */
type Manifest = {
  readonly resource: string;
  readonly object: { readonly metadata: { readonly name: string; readonly namespace?: string } } & Record<
    string,
    unknown
  >;
};

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const JOINING = 'system:bootstrappers:kubeadm:default-node-token';
/** Since 1.29 admin.conf speaks for this group, and super-admin.conf for system:masters. */
export const CLUSTER_ADMINS = 'kubeadm:cluster-admins';

const group = (name: string) => ({ apiGroup: RBAC_GROUP, kind: 'Group', name });

function bound(name: string, role: string, ...groups: readonly string[]): Manifest {
  return {
    resource: 'clusterrolebindings',
    object: {
      metadata: { name },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: role },
      subjects: groups.map(group),
    },
  };
}

function readableConfig(name: string, config: string): Manifest[] {
  const metadata = { name, namespace: 'kube-system' };
  return [
    {
      resource: 'roles',
      object: {
        metadata,
        rules: [{ apiGroups: [''], resourceNames: [config], resources: ['configmaps'], verbs: ['get'] }],
      },
    },
    {
      resource: 'rolebindings',
      object: {
        metadata,
        roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
        subjects: [group('system:nodes'), group(JOINING)],
      },
    },
  ];
}

/** @param admins the group that admin.conf speaks for */
export function kubeadmAccess(admins: string): Manifest[] {
  return [
    ...(admins === CLUSTER_ADMINS ? [bound(admins, 'cluster-admin', admins)] : []),
    {
      resource: 'clusterroles',
      object: {
        metadata: { name: 'kubeadm:get-nodes' },
        rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
      },
    },
    bound('kubeadm:get-nodes', 'kubeadm:get-nodes', JOINING),
    bound('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', JOINING),
    bound(
      'kubeadm:node-autoapprove-bootstrap',
      'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
      JOINING,
    ),
    bound(
      'kubeadm:node-autoapprove-certificate-rotation',
      'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      'system:nodes',
    ),
    ...readableConfig('kubeadm:kubelet-config', 'kubelet-config'),
    ...readableConfig('kubeadm:nodes-kubeadm-config', 'kubeadm-config'),
  ];
}
