/**
 * The first run, offered line by line: three lines on a Kubernetes node; without Kubernetes the container walk of the
 * cri-tools documentation. The lines are only typed; what they do is the node's business.
 */
import type { ScenarioName } from '../../machine/scenarios/names.ts';
import type { MessageKey } from '../messages/catalogue.ts';

export type WalkStep = { readonly line: string; readonly why: MessageKey };

const KUBERNETES: readonly WalkStep[] = [
  { line: 'kubectl run web --image=nginx', why: 'walk.run' },
  { line: 'ps -ef --forest', why: 'walk.forestNginx' },
  { line: 'systemctl restart containerd', why: 'walk.restart' },
];

const KUBERNETES_ON_CRIO: readonly WalkStep[] = KUBERNETES.map((step) => ({
  ...step,
  line: step.line.replace('containerd', 'crio'),
}));

const CLUSTER: readonly WalkStep[] = [
  { line: 'kubectl get nodes -L runtime', why: 'walk.nodes' },
  { line: 'kubectl create deployment web --image=nginx --replicas=3', why: 'walk.spread' },
  { line: 'ssh node-2 crictl ps', why: 'walk.there' },
];

const CONTAINERS: readonly WalkStep[] = [
  { line: 'crictl pull busybox', why: 'walk.pull' },
  { line: 'crictl images', why: 'walk.images' },
  {
    line: `cat > pod-config.json <<'E'
{"metadata":{"name":"nginx-sandbox","namespace":"default","attempt":1,"uid":"hdishd83djaidwnduwk28bcsb"},"log_directory":"/tmp","linux":{}}
E`,
    why: 'walk.podConfig',
  },
  { line: 'POD=$(crictl runp pod-config.json)', why: 'walk.runp' },
  { line: 'crictl pods', why: 'walk.pods' },
  {
    line: `cat > container-config.json <<'E'
{"metadata":{"name":"busybox"},"image":{"image":"busybox"},"command":["top"],"log_path":"busybox.0.log","linux":{}}
E`,
    why: 'walk.containerConfig',
  },
  { line: 'CTR=$(crictl create $POD container-config.json pod-config.json)', why: 'walk.create' },
  { line: 'crictl ps -a', why: 'walk.psAll' },
  { line: 'crictl start $CTR', why: 'walk.start' },
  { line: 'crictl ps', why: 'walk.ps' },
  { line: 'ps -ef --forest', why: 'walk.forest' },
  { line: 'crictl exec $CTR ls /', why: 'walk.exec' },
  { line: 'crictl logs $CTR', why: 'walk.logs' },
  { line: 'crictl inspect $CTR | jq .status.state', why: 'walk.inspect' },
  { line: 'crictl stop $CTR', why: 'walk.stop' },
  { line: 'crictl rm $CTR', why: 'walk.rm' },
  { line: 'crictl stopp $POD', why: 'walk.stopp' },
  { line: 'crictl rmp $POD', why: 'walk.rmp' },
];

/** A table, so that the types ask for the walk of every new scenario. */
const WALKS: Readonly<Record<ScenarioName, readonly WalkStep[]>> = {
  containerd: KUBERNETES,
  crio: KUBERNETES_ON_CRIO,
  cluster: CLUSTER,
  docker: KUBERNETES,
  bare: CONTAINERS,
};

/** None for an address that names no scenario: the page says so in another place. */
export function walkOf(scenario: string): readonly WalkStep[] {
  return new Map<string, readonly WalkStep[]>(Object.entries(WALKS)).get(scenario) ?? [];
}

/** What is said before the first step. */
export function firstWords(scenario: string): MessageKey {
  return walkOf(scenario).length > 3 ? 'walk.first' : 'walk.firstKubernetes';
}

/** The step after a command line was entered: those already done, in any order forward, are passed over. */
export function stepAfter(walk: readonly WalkStep[], step: number, line: string): number {
  const entered = line.trim();
  const at = walk.findIndex((candidate, i) => i >= step && sameLine(candidate.line, entered));
  return at < 0 ? step : at + 1;
}

function sameLine(offered: string, entered: string): boolean {
  // A shell may report a heredoc with or without its body.
  return offered === entered || (offered.includes('\n') && offered.split('\n')[0] === entered.split('\n')[0]);
}
