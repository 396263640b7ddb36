/**
 * The article that the mission comes from, block by block as its reader would type it: first as printed, with what a
 * real node says to that, then with the smallest repair. The headless test and the browser's type the same lines.
 */
import type { ScenarioName } from '../machine/scenarios/index.ts';

export type ArticleBlock = {
  readonly title: string;
  /** One shell session goes through a section's blocks; each line is one command line (a heredoc belongs to its line). */
  readonly lines: readonly string[];
  /** In the block's whole output, standard error included. */
  readonly shows: readonly (string | RegExp)[];
  readonly hides?: readonly (string | RegExp)[];
};

export type ArticleSection = {
  readonly title: string;
  readonly scenario: ScenarioName;
  readonly blocks: readonly ArticleBlock[];
};

/** A file typed at the prompt. */
function file(path: string, content: string): string {
  return `cat > ${path} <<'END'\n${content.trim()}\nEND`;
}

const SECURE_POD = `
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: kata
handler: kata
---
apiVersion: v1
kind: Pod
metadata:
  name: secure-pod
spec:
  runtimeClassName: kata`;

const HIGH_SECURITY = `
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: high-security
handler: kata
overhead:
  podFixed:
    memory: "120Mi"
    cpu: "250m"
scheduling:
  nodeSelector:
    security: high`;

const UNTRUSTED = `
apiVersion: v1
kind: Pod
metadata:
  name: untrusted-workload
spec:
  runtimeClassName: high-security
  containers:
  - name: app
    image: untrusted-image:latest`;

const SECRET = `
apiVersion: v1
kind: Secret
metadata:
  name: registry-secret
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: <base64>
---
apiVersion: v1
kind: Pod
spec:
  imagePullSecrets:
  - name: registry-secret`;

const CONTAINERD_CONFIG = `
# /etc/containerd/config.toml
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"

[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true`;

const podOf = (name: string, image: string, runtimeClass: string | null): string =>
  `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:${runtimeClass === null ? '' : `\n  runtimeClassName: ${runtimeClass}`}
  containers:
  - name: app
    image: ${image}
    command: [sleep, "3600"]`;

export const article: readonly ArticleSection[] = [
  {
    title: '1 and 2.3: layers, and the sandbox that outlives its containers',
    scenario: 'containerd',
    blocks: [
      {
        title: 'every layer is a process',
        lines: ['ps -e -o comm= | sort | uniq -c'],
        shows: ['kubelet', 'containerd', 'containerd-shim', 'pause', 'kube-apiserver', 'etcd'],
      },
      {
        title: 'a container is started anew in the same sandbox',
        lines: [
          'kubectl run web --image=nginx:alpine',
          'kubectl wait --for=condition=Ready pod/web --timeout=60s',
          'before=$(crictl pods -q --name web; kubectl get pod web -o jsonpath={.status.podIP})',
          'crictl stop $(crictl ps -q --name web)',
          'sleep 5',
          'kubectl wait --for=condition=Ready pod/web --timeout=60s',
          'after=$(crictl pods -q --name web; kubectl get pod web -o jsonpath={.status.podIP})',
          '[ "$before" = "$after" ] && echo the same sandbox and address',
          'kubectl get pod web',
        ],
        shows: ['the same sandbox and address', /web +1\/1 +Running +1 /],
      },
    ],
  },
  {
    title: '3.3: the configuration of containerd',
    scenario: 'containerd',
    blocks: [
      {
        title: 'as printed: version 2 is migrated in memory',
        lines: [
          'cp /etc/containerd/config.toml /root/config.toml',
          file('/etc/containerd/config.toml', CONTAINERD_CONFIG),
          'systemctl restart containerd',
          'systemctl is-active containerd',
          'journalctl -u containerd --no-pager | grep -i migrat',
          'crictl info | grep -i systemdcgroup',
          'kubectl run after --image=busybox -- sleep 3600',
          'kubectl wait --for=condition=Ready pod/after --timeout=60s',
          'crictl images | grep pause',
        ],
        shows: [/^active$/m, /Configuration migrated from version 2/, /"systemdCgroup": true/i, /pause +3\.9 /],
      },
      {
        title: 'with a typing error: the service fails and the journal says where',
        lines: [
          "sed -i 's/^version = 2/version = = 2/' /etc/containerd/config.toml",
          'systemctl restart containerd',
          'journalctl -u containerd --no-pager -n 8',
          'crictl ps',
        ],
        shows: [
          'Job for containerd.service failed because the control process exited with error code.',
          /failed to unmarshal TOML at row 2 column \d+: toml: /,
          /connect: no such file or directory|connection refused/,
        ],
      },
      {
        title: 'repaired',
        lines: [
          "sed -i 's/^version = = 2/version = 2/' /etc/containerd/config.toml",
          'systemctl restart containerd',
          'systemctl is-active containerd',
          'sleep 10; kubectl get nodes',
        ],
        shows: [/^active$/m, /node-1 +Ready/],
      },
    ],
  },
  {
    title: '4: CRI-O',
    scenario: 'crio',
    blocks: [
      {
        title: 'it has a daemon, and containers do not hang off it',
        lines: [
          'systemctl is-active crio',
          'kubectl get nodes -o wide',
          'kubectl run web --image=nginx:alpine; kubectl wait --for=condition=Ready pod/web --timeout=60s',
          'ps -o ppid= -C conmon | sort -u',
          'pid=$(crictl inspect $(crictl ps -q --name web) | jq .info.pid)',
          'ps -o comm= -p $(ps -o ppid= -p $pid)',
          'systemctl stop crio',
          "curl -sI http://$(kubectl get pod web -o jsonpath='{.status.podIP}') | head -1",
          'systemctl start crio; sleep 2; crictl ps --name web',
        ],
        shows: [
          /^active$/m,
          /cri-o:\/\/1\.36\.3/,
          /^ +1\nconmon$/m,
          'HTTP/1.1 200 OK',
          /nginx:alpine +.* Running +web/,
        ],
      },
      {
        title: "containerd's tools find no socket here",
        lines: ['ctr namespaces ls', 'nerdctl -n k8s.io ps'],
        shows: ['ctr: cannot access socket /run/containerd/containerd.sock', 'cannot access containerd socket'],
      },
      {
        title: 'its version goes with that of Kubernetes',
        lines: ['crio version 2> /dev/null | head -1', 'kubelet --version'],
        shows: [/Version: +1\.36\.3/, 'Kubernetes v1.36.4'],
      },
      {
        title: 'Kata by the same RuntimeClass',
        lines: [
          file('kata.yaml', `${SECURE_POD}\n  containers:\n  - name: app\n    image: nginx:alpine`),
          'kubectl apply -f kata.yaml',
          'kubectl wait --for=condition=Ready pod/secure-pod --timeout=120s',
          'kubectl exec secure-pod -- uname -r',
        ],
        shows: ['pod/secure-pod condition met', /^6\.18\.35$/m],
      },
    ],
  },
  {
    title: '5.2 and 5.3: Kata and gVisor by RuntimeClass',
    scenario: 'containerd',
    blocks: [
      {
        title: 'as printed: the Pod has no containers',
        lines: [file('kata.yaml', SECURE_POD), 'kubectl apply -f kata.yaml'],
        shows: [
          'runtimeclass.node.k8s.io/kata created',
          'The Pod "secure-pod" is invalid: spec.containers: Required value',
        ],
      },
      {
        title: 'with a container: it has a kernel of its own',
        lines: [
          "printf '  containers:\\n  - name: app\\n    image: nginx:alpine\\n' >> kata.yaml",
          'kubectl apply -f kata.yaml',
          'kubectl wait --for=condition=Ready pod/secure-pod --timeout=60s',
          'uname -r',
          'kubectl exec secure-pod -- uname -r',
          'ps -e -o args= | grep -E "qemu|virtiofsd|shim-kata"',
        ],
        shows: [
          'runtimeclass.node.k8s.io/kata unchanged',
          'pod/secure-pod created',
          /^6\.12\.48\+deb13-amd64$/m,
          /^6\.18\.35$/m,
          /containerd-shim-kata-v2 .*-namespace k8s\.io/,
          /qemu-system-x86_64 /,
          'virtiofsd',
        ],
      },
      {
        title: 'the same Pod under gVisor and under runc: three answers',
        lines: [
          file(
            'three.yaml',
            `apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata:\n  name: gvisor\nhandler: runsc\n---${podOf('with-gvisor', 'busybox', 'gvisor')}\n---${podOf('with-runc', 'busybox', null)}`,
          ),
          'kubectl apply -f three.yaml',
          'kubectl wait --for=condition=Ready pod/with-gvisor pod/with-runc --timeout=60s',
          'for pod in with-runc secure-pod with-gvisor; do kubectl exec $pod -- uname -r; done',
          'kubectl exec with-gvisor -- dmesg | head -2',
          'ps -e -o comm= | grep runsc',
        ],
        shows: [/^6\.12\.48\+deb13-amd64\n6\.18\.35\n4\.19\.0-gvisor$/m, /Starting gVisor/, /runsc/],
      },
    ],
  },
  {
    title: '6: RuntimeClass',
    scenario: 'containerd',
    blocks: [
      {
        title: 'as printed: nobody has labelled a node, and the image does not exist',
        lines: [
          file('class.yaml', HIGH_SECURITY),
          'kubectl apply -f class.yaml',
          file('untrusted.yaml', UNTRUSTED),
          'kubectl apply -f untrusted.yaml',
          'sleep 3; kubectl get pod untrusted-workload',
          'kubectl get events --field-selector involvedObject.name=untrusted-workload',
          'kubectl label node node-1 security=high',
          'sleep 20; kubectl get pod untrusted-workload',
          "kubectl get pod untrusted-workload -o jsonpath='{.spec.overhead}{.spec.nodeSelector}'",
        ],
        shows: [
          /untrusted-workload +0\/1 +Pending/,
          "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
          /untrusted-workload +0\/1 +(ErrImagePull|ImagePullBackOff)/,
          '{"cpu":"250m","memory":"120Mi"}{"security":"high"}',
        ],
      },
      {
        title: 'with an image that exists: the overhead is in the cgroup of the pod',
        lines: [
          'kubectl delete pod untrusted-workload --now',
          "sed -i 's/untrusted-image:latest/nginx:alpine/' untrusted.yaml",
          "printf '    resources: {limits: {memory: 128Mi}}\\n' >> untrusted.yaml",
          'kubectl apply -f untrusted.yaml',
          'kubectl wait --for=condition=Ready pod/untrusted-workload --timeout=60s',
          'uid=$(kubectl get pod untrusted-workload -o jsonpath={.metadata.uid} | tr - _)',
          'cat /sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$uid.slice/memory.max',
        ],
        // 128 + 120 MiB
        shows: [/^260046848$/m],
      },
      {
        title: 'a class that nobody has defined, and one whose handler no runtime has',
        lines: [
          file('nosuch.yaml', podOf('nosuch', 'busybox', 'nosuch')),
          'kubectl apply -f nosuch.yaml',
          file(
            'firecracker.yaml',
            `apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata:\n  name: odd\nhandler: odd\n---${podOf('odd', 'busybox', 'odd')}`,
          ),
          'kubectl apply -f firecracker.yaml',
          'sleep 30; kubectl get events --field-selector involvedObject.name=odd',
        ],
        shows: [
          'pods "nosuch" is forbidden: pod rejected: RuntimeClass "nosuch" not found',
          /FailedCreatePodSandBox .*no runtime for "odd" is configured/,
        ],
      },
    ],
  },
  {
    title: '7: images',
    scenario: 'containerd',
    blocks: [
      {
        title: '7.1: the layout of an image, looked at',
        lines: [
          'ctr images pull docker.io/library/busybox:latest > /dev/null',
          'ctr images export image.tar docker.io/library/busybox:latest',
          'mkdir image && tar -xf image.tar -C image',
          'ls image image/blobs',
          'cat image/oci-layout; echo',
          "jq -r '.manifests[0].mediaType' image/index.json",
          "digest=$(jq -r '.manifests[0].digest' image/index.json)",
          'sha256sum image/blobs/sha256/${digest#sha256:}; echo ${digest#sha256:}',
        ],
        shows: [
          /blobs/,
          'index.json',
          'oci-layout',
          'sha256',
          '{"imageLayoutVersion":"1.0.0"}',
          'application/vnd.oci.image.index.v1+json',
          /^([0-9a-f]{64}) {2}image\/blobs\/sha256\/\1\n\1$/m,
        ],
      },
      {
        title: '7.2: Never without the image',
        lines: [
          'kubectl run never --image=redis:7 --image-pull-policy=Never',
          'sleep 3; kubectl get pod never',
          'kubectl get events --field-selector involvedObject.name=never',
        ],
        shows: [/never +0\/1 +ErrImageNeverPull/, 'Container image "redis:7" is not present with pull policy of Never'],
      },
      {
        title: '7.3 as printed: not base64, and a Pod without a name',
        lines: [file('secret.yaml', SECRET), 'kubectl apply -f secret.yaml'],
        shows: [
          'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
          'from server for: "secret.yaml": resource name may not be empty',
        ],
      },
      {
        title: '7.3 without the secret: the registry says no',
        lines: [
          'kubectl run without --image=registry.example.com/team/web:1.1',
          'sleep 5; kubectl get pod without',
          'kubectl get events --field-selector involvedObject.name=without',
        ],
        shows: [
          /without +0\/1 +(ErrImagePull|ImagePullBackOff)/,
          'pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
        ],
      },
      {
        title: '7.3 repaired: a real dockerconfigjson, and a name, a container and an image',
        lines: [
          'auth=$(printf learner:secret | base64); json=$(printf \'{"auths":{"registry.example.com":{"auth":"%s"}}}\' $auth | base64 -w 0)',
          'sed -i "s/<base64>/$json/" secret.yaml',
          "sed -i 's|^spec:|metadata:\\n  name: private\\nspec:\\n  containers:\\n  - name: web\\n    image: registry.example.com/team/web:1.1|' secret.yaml",
          'kubectl apply -f secret.yaml',
          'kubectl wait --for=condition=Ready pod/private --timeout=60s',
          'kubectl create secret docker-registry by-command --docker-server=registry.example.com --docker-username=learner --docker-password=secret',
          "kubectl get secret by-command -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d",
        ],
        shows: [
          'secret/registry-secret created',
          'pod/private created',
          'pod/private condition met',
          '{"auths":{"registry.example.com":{"username":"learner","password":"secret","auth":"bGVhcm5lcjpzZWNyZXQ="}}}',
        ],
      },
    ],
  },
  {
    title: '8: tools',
    scenario: 'containerd',
    blocks: [
      {
        title: '8.1 as printed: a file typed as commands, and placeholders that the shell takes for redirections',
        lines: [
          'cat /etc/crictl.yaml',
          'runtime-endpoint: unix:///run/containerd/containerd.sock',
          'crictl pods                    # 列出 Pod',
          'crictl ps                      # 列出容器',
          'crictl images                  # 列出镜像',
          'crictl logs <container-id>     # 查看日志',
          'crictl exec -it <id> sh        # 进入容器',
          'crictl inspect <id>            # 检查容器',
        ],
        shows: [
          'runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock\n',
          'runtime-endpoint:: command not found',
          'kube-apiserver-node-1',
          "syntax error near unexpected token `newline'",
          'id: No such file or directory',
        ],
      },
      {
        title: '8.1 repaired: the file as the article has it, and a real id',
        lines: [
          file(
            '/etc/crictl.yaml',
            'runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock',
          ),
          'kubectl run web --image=nginx:alpine; kubectl wait --for=condition=Ready pod/web --timeout=60s',
          'id=$(crictl ps -q --name web)',
          'crictl logs $id | tail -1',
          'crictl exec $id sh -c "echo inside \\$(hostname)"',
          "crictl inspect $id | jq -r '.status.metadata.name, .status.state, .info.runtimeType'",
        ],
        shows: ['start worker process', 'inside web', /^web\nCONTAINER_RUNNING\nio\.containerd\.runc\.v2$/m],
      },
      {
        title: '8.2',
        lines: [
          'ctr namespaces ls',
          'ctr -n k8s.io containers ls',
          'ctr -n k8s.io images ls -q',
          'nerdctl -n k8s.io ps',
          'nerdctl -n k8s.io images',
          'ctr containers ls -q | wc -l',
        ],
        shows: [
          /^k8s\.io/m,
          /docker\.io\/library\/nginx:alpine +io\.containerd\.runc\.v2/,
          'registry.k8s.io/pause:3.10.1',
          'k8s://default/web/web',
          /^nginx +alpine/m,
          /^0$/m,
        ],
      },
    ],
  },
  {
    title: '9: from Docker to containerd',
    scenario: 'docker',
    blocks: [
      {
        title: 'as printed: nothing changes, for the line stands outside of the variable',
        lines: [
          'kubectl get nodes -o wide',
          'apt install containerd',
          'cp /var/lib/kubelet/kubeadm-flags.env flags.env',
          "echo '--container-runtime-endpoint=unix:///run/containerd/containerd.sock' >> /var/lib/kubelet/kubeadm-flags.env",
          'systemctl restart kubelet; sleep 15',
          'kubectl get nodes -o wide',
        ],
        shows: [
          /docker:\/\/20\.10\.5\+dfsg1[\s\S]*docker:\/\/20\.10\.5\+dfsg1/,
          /containerd is already the newest version \(1\.4\.13~ds1-1~deb11u4\)/,
        ],
        hides: ['containerd://'],
      },
      {
        title: 'inside the variable and with --container-runtime=remote: the CRI plugin is disabled',
        lines: [
          'kubectl drain node-1 --ignore-daemonsets --force --delete-emptydir-data',
          'cp flags.env /var/lib/kubelet/kubeadm-flags.env',
          'sed -i \'s|"$| --container-runtime=remote --container-runtime-endpoint=unix:///run/containerd/containerd.sock"|\' /var/lib/kubelet/kubeadm-flags.env',
          'systemctl restart kubelet; sleep 5; systemctl is-active kubelet',
          'journalctl -u kubelet --no-pager | grep -o "unknown service runtime.*Service" | tail -1',
          'cat /etc/containerd/config.toml | head -1',
        ],
        shows: [
          'node/node-1 drained',
          /^activating$/m,
          'unknown service runtime.v1alpha2.RuntimeService',
          'disabled_plugins = ["cri"]',
        ],
      },
      {
        title: 'repaired: the plugin enabled, Docker out of the way, the node uncordoned',
        lines: [
          'systemctl stop kubelet; docker stop $(docker ps -q) > /dev/null; systemctl stop docker.socket docker',
          'containerd config default > /etc/containerd/config.toml',
          "sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' /etc/containerd/config.toml",
          'systemctl restart containerd; systemctl start kubelet; sleep 60',
          'kubectl uncordon node-1',
          'sleep 5; kubectl get nodes -o wide',
          'kubectl run after --image=nginx:1.25; kubectl wait --for=condition=Ready pod/after --timeout=60s',
        ],
        shows: [/node-1 +Ready .*containerd:\/\/1\.4\.13/, 'pod/after condition met'],
      },
    ],
  },
];

/** What is shown apart from its colours: on a terminal `grep` and `ls` have some. */
export function isShown(output: string, expected: string | RegExp): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals take for colours begins with one
  const plain = output.replace(/\u001b\[[0-9;]*[mK]/g, '');
  return typeof expected === 'string' ? plain.includes(expected) : expected.test(plain);
}
