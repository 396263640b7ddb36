/**
 * What can go wrong with a node, as lines that anybody could type there as root: nothing else is needed to begin a fault
 * or to end it.
 */
import type { ScenarioName } from './scenarios/names.ts';

export type Fault = {
  readonly id: string;
  readonly scenarios: readonly ScenarioName[];
  /** What it can be given: its default, and what it must look like. `catalogue` is its key among the messages. */
  readonly argument: { readonly value: string; readonly pattern: RegExp; readonly catalogue: string } | null;
  /** Keys among the messages: its name, and what one will see of it. */
  readonly catalogue: { readonly name: string; readonly symptom: string };
  begin(scenario: ScenarioName, argument: string): string;
  /** null for what is over by itself. */
  end(scenario: ScenarioName, argument: string): string | null;
};

type Lines = (names: Names, argument: string) => string;
type Names = { unit: string; process: string; socket: string; config: string };

const KUBERNETES: readonly ScenarioName[] = ['containerd', 'crio', 'cluster'];
const ON_CONTAINERD: readonly ScenarioName[] = ['containerd', 'cluster'];

const CONTAINERD: Names = {
  unit: 'containerd',
  process: 'containerd',
  socket: '/run/containerd/containerd.sock',
  config: '/etc/containerd/config.toml',
};
const CRIO: Names = { unit: 'crio', process: 'crio', socket: '/var/run/crio/crio.sock', config: '/etc/crio/crio.conf' };

const namesOf = (scenario: ScenarioName): Names => (scenario === 'crio' ? CRIO : CONTAINERD);

function fault(
  id: string,
  scenarios: readonly ScenarioName[],
  begin: Lines,
  end: Lines | null,
  argument: { value: string; pattern: RegExp } | null = null,
): Fault {
  return {
    id,
    scenarios,
    argument: argument === null ? null : { ...argument, catalogue: `faults.${id}.argument` },
    catalogue: { name: `faults.${id}.name`, symptom: `faults.${id}.symptom` },
    begin: (scenario, given) => begin(namesOf(scenario), given),
    end: (scenario, given) => end?.(namesOf(scenario), given) ?? null,
  };
}

const HOST = /^[a-z0-9.-]+$/;
const refuse: Lines = (_, host) => `echo '127.0.0.1 ${host}' >> /etc/hosts`;
const admit: Lines = (_, host) => `sed -i '/^127.0.0.1 ${host}$/d' /etc/hosts`;

export const FAULTS: readonly Fault[] = [
  fault(
    'runtime-stopped',
    KUBERNETES,
    ({ unit }) => `systemctl stop ${unit}`,
    ({ unit }) => `systemctl start ${unit}`,
  ),
  // Who is connected stays connected; the kubelet is made to connect again.
  fault(
    'socket-moved',
    KUBERNETES,
    ({ socket }) => `mv ${socket} ${socket}.moved; systemctl restart --no-block kubelet`,
    ({ socket }) => `mv ${socket}.moved ${socket}`,
  ),
  fault(
    'cri-disabled',
    ON_CONTAINERD,
    ({ config, unit }) =>
      `sed -i '1i disabled_plugins = ["io.containerd.grpc.v1.cri"]' ${config}; systemctl restart ${unit}`,
    ({ config, unit }) => `sed -i '/^disabled_plugins = .*v1.cri"]$/d' ${config}; systemctl restart ${unit}`,
  ),
  fault(
    'cgroup-driver',
    ON_CONTAINERD,
    ({ config, unit }) => `sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' ${config}; systemctl restart ${unit}`,
    ({ config, unit }) => `sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' ${config}; systemctl restart ${unit}`,
  ),
  fault(
    'cni-missing',
    KUBERNETES,
    () => 'mkdir -p /root/cni && mv /etc/cni/net.d/*.conflist /root/cni/',
    // Written, not moved back: only that is noticed.
    () => 'cp /root/cni/*.conflist /etc/cni/net.d/',
  ),
  fault(
    'pause-unreachable',
    ON_CONTAINERD,
    (names) => `${refuse(names, 'registry.k8s.io')}; crictl rmi $(crictl images -q registry.k8s.io/pause)`,
    (names) => admit(names, 'registry.k8s.io'),
  ),
  fault('registry-unreachable', KUBERNETES, refuse, admit, { value: 'registry-1.docker.io', pattern: HOST }),
  fault(
    'disk-full',
    KUBERNETES,
    (_, percent) => `fallocate -l $(($(df -P -k / | awk 'NR == 2 {print $4}') * ${percent} / 100))K /root/full`,
    () => 'rm -f /root/full',
    { value: '95', pattern: /^\d{1,2}$/ },
  ),
  fault(
    'runtime-slow',
    KUBERNETES,
    ({ process }) => `pkill -STOP -x ${process}`,
    ({ process }) => `pkill -CONT -x ${process}`,
  ),
  fault(
    'create-hangs',
    ON_CONTAINERD,
    (_, seconds) =>
      `mv /usr/bin/runc /usr/bin/runc.real; printf '#!/bin/sh\\ncase " $* " in *" create "*) sleep ${seconds};; esac\\nexec /usr/bin/runc.real "$@"\\n' > /usr/bin/runc; chmod +x /usr/bin/runc`,
    () => 'mv /usr/bin/runc.real /usr/bin/runc',
    { value: '600', pattern: /^\d{1,5}$/ },
  ),
  fault(
    'clock-skew',
    KUBERNETES,
    (_, seconds) => `date -s '${seconds} seconds'`,
    (_, seconds) => `date -s '${-Number(seconds)} seconds'`,
    { value: '3600', pattern: /^-?\d{1,8}$/ },
  ),
  fault('reboot', KUBERNETES, () => 'reboot', null),
  fault('power-cut', KUBERNETES, () => 'echo b > /proc/sysrq-trigger', null),
  fault('kubelet-killed', KUBERNETES, () => 'kill -9 $(pidof kubelet)', null),
  // A link that goes down takes its routes with it.
  fault(
    'network-lost',
    KUBERNETES,
    () => 'ip route show dev eth0 > /root/routes; ip link set eth0 down',
    () => 'ip link set eth0 up; grep -v proto /root/routes | while read -r r; do ip route replace $r dev eth0; done',
  ),
];
