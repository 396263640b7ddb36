/** What limits and outlives pods: volumes, quotas, budgets, autoscalers, certificates, kustomizations; one cluster for all. */
import { beforeAll, expect, test } from 'vitest';
import { signingRequestPem } from '../../protocols/distribution/signing-request.ts';
import { type BootedNode, boot } from '../../testing/boot.ts';

let out: (line: string) => Promise<string>;
let machine: BootedNode['machine'];

beforeAll(async () => {
  const node = await boot({ scenario: 'containerd' });
  const { run } = node;
  machine = node.machine;
  out = async (line) => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
}, 60_000);

const apply = (yaml: string, where = ''): Promise<string> => out(`kubectl apply ${where} -f - <<'E'\n${yaml}\nE`);

test('a claim finds its volume, a pod mounts it, and neither goes while it is used', async () => {
  await out('mkdir -p /mnt/data; echo hello > /mnt/data/f');
  await apply(`apiVersion: v1
kind: PersistentVolume
metadata: {name: pv1}
spec: {storageClassName: manual, capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /mnt/data}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pvc1}
spec: {storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 3Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  containers: [{name: c, image: busybox, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /data}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: pvc1}}]`);
  await out('kubectl wait --for=condition=Ready pod/user --timeout=30s');
  expect(await out('kubectl exec user -- cat /data/f')).toBe('hello\n');
  expect(await out('kubectl get pv --no-headers')).toMatch(
    /^pv1 +10Gi +RWO +Retain +Bound +default\/pvc1 +manual +<unset> +\d+s\n$/,
  );
  expect(await out('kubectl describe pvc pvc1')).toMatch(
    /Status: +Bound\nVolume: +pv1\n[\s\S]*Finalizers: +\[kubernetes.io\/pvc-protection\]\nCapacity: +10Gi\nAccess Modes: +RWO\nVolumeMode: +Filesystem\nUsed By: +user\n/,
  );
  await out('kubectl delete pvc pvc1 --wait=false');
  expect(await out('kubectl get pvc --no-headers')).toMatch(/^pvc1 +Terminating/);
  await out('kubectl delete pod user --now; sleep 1');
  expect(await out('kubectl get pv,pvc --no-headers')).toMatch(/^persistentvolume\/pv1 .*Released/);
  expect(await apply('{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: x}, spec: {}}')).toBe(
    'The PersistentVolumeClaim "x" is invalid: \n* spec.accessModes: Required value: at least 1 access mode is required\n* spec.resources[storage]: Required value\n',
  );
});

test('each pod of a StatefulSet has its claims, which outlive it unless the policy says otherwise', async () => {
  const volume = (i: number): string =>
    `{apiVersion: v1, kind: PersistentVolume, metadata: {name: disk-${i}}, spec: {storageClassName: disks, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /mnt/disk-${i}, type: DirectoryOrCreate}}}`;
  await apply(`${volume(0)}
---
${volume(1)}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: busybox, command: [sh, -c, "hostname >> /data/who; sleep 9999"], volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {storageClassName: disks, accessModes: [ReadWriteOnce], resources: {requests: {storage: 500Mi}}}}`);
  await out('kubectl rollout status sts/db --timeout=40s');
  expect(await out('kubectl get pvc --no-headers -l app=db | tr -s " " | cut -d" " -f1-3; cat /mnt/disk-*/who')).toBe(
    'data-db-0 Bound disk-0\ndata-db-1 Bound disk-1\ndb-0\ndb-1\n',
  );
  expect(await out('kubectl get events | grep -o "create Claim data-db-1.*"')).toBe(
    'create Claim data-db-1 Pod db-1 in StatefulSet db success\n',
  );
  expect(await out(`kubectl patch sts db -p '{"spec":{"serviceName":"x"}}'`)).toMatch(
    /^The StatefulSet "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas'/,
  );
  await out('kubectl delete pod db-0; kubectl wait --for=condition=Ready pod/db-0; kubectl scale sts db --replicas=1');
  expect(await out('sleep 4; cat /mnt/disk-0/who; kubectl get pvc -l app=db -o name')).toBe(
    'db-0\ndb-0\npersistentvolumeclaim/data-db-0\n',
  );
  expect(
    await out(
      'kubectl delete sts db; sleep 4; kubectl get pods,pvc -l app=db -o name; kubectl delete pvc data-db-0; kubectl delete pv disk-0 disk-1',
    ),
  ).toContain('deleted from default namespace\npersistentvolumeclaim/data-db-0\n');
});

test('an image as a volume, a claim that comes and goes with its pod, a limit of memory on disk', async () => {
  await apply(`apiVersion: v1
kind: PersistentVolume
metadata: {name: passing}
spec: {storageClassName: passing, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /mnt/passing, type: DirectoryOrCreate}}
---
apiVersion: v1
kind: Pod
metadata: {name: mixed}
spec:
  terminationGracePeriodSeconds: 1
  volumes:
  - {name: image, image: {reference: "nginx:alpine"}}
  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 10Mi}}
  - {name: own, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: passing, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}}}
  containers: [{name: c, image: busybox, command: [sleep, "3600"], volumeMounts: [{name: image, mountPath: /i}, {name: memory, mountPath: /m}, {name: own, mountPath: /o}]}]`);
  await out('kubectl wait --for=condition=Ready pod/mixed --timeout=30s');
  expect(await out('kubectl exec mixed -- sh -c "ls /i/usr/sbin/nginx; touch /i/x /o/y; df /m | tail -1"')).toMatch(
    /^\/i\/usr\/sbin\/nginx\ntmpfs +10240 .*\ntouch: \/i\/x: Read-only file system\n/,
  );
  expect(await out('ls /mnt/passing; kubectl get pvc --no-headers')).toMatch(/^y\nmixed-own +Bound +passing /);
  expect(await out('kubectl describe pod mixed | grep -A2 "^  image:"')).toBe(
    '  image:\n    Type:        Image (a container image or OCI artifact)\n    Reference:   nginx:alpine\n',
  );
  expect(await out('mount | grep -c image-volumes')).toBe('1\n');
  await out('kubectl delete pod mixed; sleep 3');
  expect(
    await out(
      'kubectl get pvc; mount | grep -c image-volumes; ls -A /run/containerd/io.containerd.grpc.v1.cri/image-volumes; kubectl delete pv passing',
    ),
  ).toMatch(/^0\npersistentvolume/);
});

test('what is kept and enforced by nobody is on the list of what is not simulated, and kubectl says what a cluster says', async () => {
  const from = machine.trace.events.length;
  expect(await out('kubectl create ingress i --rule=foo.com/=svc:80; kubectl delete ingress i')).toBe(
    'ingress.networking.k8s.io/i created\ningress.networking.k8s.io "i" deleted from default namespace\n',
  );
  const noted = machine.trace.events.slice(from).flatMap((event) => (event.kind === 'refusal' ? [event.what] : []));
  expect(noted).toEqual([expect.stringContaining('not simulated: no ingress controller runs here')]);
});

test('an autoscaler in its older version is the same object', async () => {
  await apply(
    '{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: old}, spec: {maxReplicas: 3, targetCPUUtilizationPercentage: 40, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}}}',
  );
  expect(await out("kubectl get hpa old -o jsonpath='{.apiVersion} {.spec.metrics[0].resource}'")).toBe(
    'autoscaling/v2 {"name":"cpu","target":{"averageUtilization":40,"type":"Utilization"}}',
  );
  await out(`kubectl patch hpa.v1.autoscaling old -p '{"spec":{"targetCPUUtilizationPercentage":55}}'; sleep 1`);
  const path = '{.apiVersion} {.spec.targetCPUUtilizationPercentage}';
  expect(await out(`kubectl get hpa.v1.autoscaling old -o jsonpath='${path}'; kubectl get hpa --no-headers`)).toMatch(
    /^autoscaling\/v1 55old +Deployment\/nobody +cpu: <unknown>\/55% /,
  );
  expect(await out(`kubectl get hpa.v1.autoscaling old -o yaml`)).toContain(
    'autoscaling.alpha.kubernetes.io/conditions:',
  );
  expect(
    await out('kubectl api-resources | grep -c hpa; kubectl api-versions | grep autoscaling; kubectl delete hpa old'),
  ).toBe(
    '1\nautoscaling/v1\nautoscaling/v2\nhorizontalpodautoscaler.autoscaling "old" deleted from default namespace\n',
  );
});

test('a quota and limits hold for what is made', async () => {
  await out('kubectl create ns team; kubectl create quota q -n team --hard=pods=2,requests.cpu=1');
  expect(await out('kubectl run a -n team --image=busybox -- sleep 9')).toBe(
    'Error from server (Forbidden): pods "a" is forbidden: failed quota: q: must specify requests.cpu for: a\n',
  );
  await apply(
    '{apiVersion: v1, kind: LimitRange, metadata: {name: lr}, spec: {limits: [{type: Container, default: {cpu: 200m}, defaultRequest: {cpu: 100m}, max: {cpu: 500m}}]}}',
    '-n team',
  );
  await out('kubectl create deployment d -n team --image=busybox --replicas=3 -- sleep 3600; sleep 1');
  expect(await out('kubectl get quota -n team --no-headers')).toMatch(/^q +pods: 2\/2, requests.cpu: 200m\/1 +\d+s\n$/);
  expect(await out('kubectl get events -n team')).toMatch(
    /FailedCreate .*Error creating: pods "d-\w+-\w+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2\n/,
  );
  expect(
    await out(
      `kubectl run b -n team --image=busybox --overrides='{"spec":{"containers":[{"name":"b","image":"busybox","resources":{"limits":{"cpu":"1"}}}]}}'`,
    ),
  ).toBe(
    'Error from server (Forbidden): pods "b" is forbidden: maximum cpu usage per Container is 500m, but limit is 1\n',
  );
  await out('kubectl delete deployment d -n team; kubectl delete pods --all -n team --now; sleep 1');
  expect(await out('kubectl describe quota q -n team')).toBe(
    'Name:         q\nNamespace:    team\nResource      Used  Hard\n--------      ----  ----\npods          0     2\nrequests.cpu  0     1\n',
  );
});

test('a budget keeps pods from being evicted; an autoscaler keeps to its bounds and says what it lacks', async () => {
  await out('kubectl create deployment web --image=nginx:alpine --replicas=2; kubectl rollout status deploy/web');
  await out('kubectl create pdb web --selector=app=web --min-available=2; sleep 1');
  expect(await out('kubectl get pdb --no-headers')).toMatch(/^web +2 +N\/A +0 +/);
  expect(await out('kubectl drain node-1 --ignore-daemonsets --force --timeout=3s; kubectl uncordon node-1')).toContain(
    "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.\n",
  );
  await out('kubectl autoscale deployment web --min=3 --max=5 --cpu=50%; sleep 20');
  expect(await out('kubectl get hpa --no-headers')).toMatch(/^web +Deployment\/web +cpu: <unknown>\/50% +3 +5 +3 +/);
  expect(await out('kubectl get pdb --no-headers')).toMatch(/^web +2 +N\/A +1 +/);
});

test('a certificate that is asked for, approved and used', async () => {
  const request = signingRequestPem({ commonName: 'jane', organizations: ['dev'], dnsNames: [] }, new Uint8Array(32));
  await apply(`apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: jane}
spec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: ${btoa(request)}}`);
  expect(await out('kubectl get csr --no-headers')).toMatch(
    /^jane +\d+s +kubernetes.io\/kube-apiserver-client +kubernetes-admin +<none> +Pending\n$/,
  );
  expect(await out('kubectl certificate approve jane')).toBe(
    'certificatesigningrequest.certificates.k8s.io/jane approved\n',
  );
  expect(await out('kubectl certificate deny jane')).toBe(
    'error: certificate signing request "jane" is already Approved\n',
  );
  expect(await out('sleep 1; kubectl get csr --no-headers')).toMatch(/Approved,Issued\n$/);
  await out("kubectl get csr jane -o jsonpath='{.status.certificate}' | base64 -d > jane.crt; touch jane.key");
  await out(
    'kubectl config set-credentials jane --client-certificate=jane.crt --client-key=jane.key; kubectl config set-context jane --cluster=kubernetes --user=jane',
  );
  expect(await out('kubectl --context=jane get pods')).toBe(
    'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"\n',
  );
  await out('kubectl create rolebinding dev --clusterrole=view --group=dev');
  expect(await out('kubectl --context=jane get pods --no-headers | wc -l')).toBe('3\n');
});

test('a kustomization: what it makes, and the hash that its generated names end in', async () => {
  const write = (path: string, text: string): Promise<string> => out(`cat > ${path} <<'E'\n${text}\nE`);
  await out('mkdir -p base over');
  await write(
    'base/dep.yaml',
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: site}
spec:
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec: {containers: [{name: c, image: "nginx:1.25", envFrom: [{configMapRef: {name: example-configmap-2}}]}]}`,
  );
  await write(
    'base/kustomization.yaml',
    `resources: [dep.yaml]
configMapGenerator: [{name: example-configmap-2, literals: [FOO=Bar]}]`,
  );
  await write(
    'over/kustomization.yaml',
    `resources: [../base]
nameSuffix: -v2
images: [{name: nginx, newTag: alpine}]
replicas: [{name: site, count: 2}]
patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]'}]`,
  );
  expect(await out('kubectl kustomize base | grep name:')).toContain('name: example-configmap-2-42cfbf598f\n');
  const built = await out('kubectl kustomize over');
  expect(built).toMatch(
    /kind: Deployment\nmetadata:\n {2}labels:\n {4}a: b\n {2}name: site-v2\nspec:\n {2}replicas: 2\n/,
  );
  expect(built).toMatch(/configMapRef:\n {12}name: example-configmap-2-v2-42cfbf598f\n {8}image: nginx:alpine\n/);
  expect(await out('kubectl apply -k over | sed "s/-v2-[a-z0-9]*/-v2-H/"')).toBe(
    'configmap/example-configmap-2-v2-H created\ndeployment.apps/site-v2 created\n',
  );
  expect(await out('kubectl diff -k over; echo $?')).toBe('0\n');
  expect(await out('kubectl kustomize /etc')).toEqual(
    expect.stringMatching(
      /^error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '\/etc'\n$/,
    ),
  );
});

test('proxy', async () => {
  expect(
    await out(
      'kubectl proxy --port=8001 & sleep 1; curl -s http://127.0.0.1:8001/api/v1/namespaces/team | head -c 18; kill %1; sleep 1',
    ),
  ).toContain('Starting to serve on 127.0.0.1:8001\n{"kind":"Namespace');
});
