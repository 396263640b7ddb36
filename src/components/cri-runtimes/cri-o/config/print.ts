/**
 * The configuration as text: for `crio config`, for the log, and under the names of the Go struct for clients.
 * @models CRI-O 1.36 pkg/config/template.go, config.go ToBytes
 * @fidelity partial: the comments are shorter
 */
import { quote } from '../../../../go/quote.ts';
import { ANNOTATIONS } from './annotations.ts';
import { COMMENTS } from './comments.ts';
import type { CrioConfig, RuntimeHandler, Table } from './defaults.ts';

type Value = Table[string];

/** `crio config`: a value that nobody has changed stands in a comment, unless that is not wanted. */
export function configText(config: CrioConfig, defaults: CrioConfig | null): string {
  const out: string[] = [`${COMMENTS[''] ?? ''}\n`];
  const visit = (table: Table, standard: Table | null, name: string): void => {
    out.push(`${comment(name)}[${name}]\n\n`);
    for (const [key, value] of Object.entries(table)) {
      if (isTable(value)) continue;
      const text = `${key} = ${valueText(value)}`;
      const same = standard !== null && JSON.stringify(standard[key]) === JSON.stringify(value);
      out.push(`${comment(`${name}.${key}`)}${same ? commented(text) : text}\n\n`);
    }
    for (const [key, value] of Object.entries(table)) {
      if (!isTable(value)) continue;
      const below = standard?.[key];
      const known = below !== undefined && isTable(below) ? below : null;
      if (key === 'runtimes') {
        for (const [handler, fields] of Object.entries(value))
          visit(
            fields as Table,
            known === null ? null : ((known[handler] as Table | undefined) ?? null),
            `${name}.${key}.${handler}`,
          );
      } else visit(value, known, `${name}.${key}`);
    }
  };
  visit(config.crio, defaults?.crio ?? null, 'crio');
  return out.join('');
}

function comment(name: string): string {
  const text = COMMENTS[name];
  return text === undefined ? '' : `${commented(text)}\n`;
}

function commented(text: string): string {
  return text
    .split('\n')
    .map((line) => `# ${line}`)
    .join('\n');
}

function valueText(value: Value): string {
  if (Array.isArray(value)) return `[\n${value.map((item) => `\t${quote(item)},\n`).join('')}]`;
  return typeof value === 'string' ? quote(value) : String(value);
}

/** As TOML without comments, tables indented below their parents. */
export function configToml(config: CrioConfig): string {
  const out: string[] = [];
  const visit = (table: Table, name: string, depth: number): void => {
    const indent = '  '.repeat(depth);
    out.push(`${indent}[${name}]\n`);
    for (const [key, value] of Object.entries(table)) {
      if (isTable(value)) continue;
      const text = Array.isArray(value) ? `[${value.map((item) => quote(item)).join(', ')}]` : valueText(value);
      out.push(`${indent}  ${key} = ${text}\n`);
    }
    for (const [key, value] of Object.entries(table)) if (isTable(value)) visit(value, `${name}.${key}`, depth + 1);
  };
  visit(config.crio, 'crio', 0);
  return out.join('');
}

function isTable(value: Value): value is Table {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Keys whose Go name does not follow from their words. */
const GO_NAMES: Readonly<Record<string, string>> = {
  cdi_spec_dirs: 'CDISpecDirs',
  cgroup_manager: 'CgroupManagerName',
  blockio_config_file: 'BlockIOConfigFile',
  blockio_reload: 'BlockIOReload',
  cni_status_grace_period: 'CNIStatusGracePeriod',
  enable_criu_support: 'EnableCriuSupport',
  hostnetwork_disable_selinux: 'HostNetworkDisableSELinux',
  irqbalance_config_file: 'IrqBalanceConfigFile',
  irqbalance_config_restore_file: 'IrqBalanceConfigRestoreFile',
  default_mounts_file: 'DefaultMountsFile',
  container_exits_dir: 'ContainerExitsDir',
  disable_hostport_mapping: 'DisableHostPortMapping',
  grpc_max_recv_msg_size: 'GRPCMaxRecvMsgSize',
  grpc_max_send_msg_size: 'GRPCMaxSendMsgSize',
  infra_ctr_cpuset: 'InfraCtrCPUSet',
  min_injected_gomaxprocs: 'MinInjectedGOMAXPROCS',
  oci_artifact_mount_support: 'OCIArtifactMountSupport',
  rdt_config_file: 'RdtConfigFile',
  read_only: 'ReadOnly',
  runroot: 'RunRoot',
  imagestore: 'ImageStore',
  selinux: 'SELinux',
  shared_cpuset: 'SharedCPUSet',
  stream_enable_tls: 'StreamEnableTLS',
  stream_tls_ca: 'StreamTLSCA',
  stream_tls_cert: 'StreamTLSCert',
  stream_tls_key: 'StreamTLSKey',
  storage_driver: 'Storage',
  storage_option: 'StorageOptions',
  tls_cipher_suites: 'TLSCipherSuites',
  tls_min_version: 'TLSMinVersion',
  uid_mappings: 'UIDMappings',
  gid_mappings: 'GIDMappings',
  minimum_mappable_uid: 'MinimumMappableUID',
  minimum_mappable_gid: 'MinimumMappableGID',
  signature_policy: 'SignaturePolicyPath',
};

function goName(key: string): string {
  return (
    GO_NAMES[key] ??
    key
      .split('_')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join('')
  );
}

const nullIfEmpty = (list: readonly string[]): readonly string[] | null => (list.length === 0 ? null : list);

/** By Go's names of the fields, which have no others. */
function handlerForInfo(handler: RuntimeHandler): Record<string, unknown> {
  const { allowed_annotations: allowed, monitor_env: env } = handler;
  return {
    AllowedAnnotations: nullIfEmpty(allowed),
    ContainerCreateTimeout: handler.container_create_timeout ?? 240,
    ContainerMinMemory: handler.container_min_memory === '' ? '12MiB' : handler.container_min_memory,
    DefaultAnnotations: null,
    DisallowedAnnotations: ANNOTATIONS.filter((name) => !allowed.includes(name)),
    ExecCPUAffinity: '',
    InheritDefaultRuntime: handler.inherit_default_runtime,
    MonitorCgroup: handler.monitor_cgroup,
    MonitorEnv: nullIfEmpty(env),
    MonitorExecCgroup: handler.monitor_exec_cgroup,
    MonitorPath: handler.monitor_path,
    NoSyncLog: false,
    PlatformRuntimePaths: null,
    PrivilegedWithoutHostDevices: handler.privileged_without_host_devices,
    RuntimeConfigPath: handler.runtime_config_path,
    RuntimePath: handler.runtime_path,
    RuntimePullImage: false,
    RuntimeRoot: handler.runtime_root,
    // "oci" is what an empty one means.
    RuntimeType: handler.runtime_type === 'oci' ? '' : handler.runtime_type,
    SeccompProfile: '',
    StreamWebsockets: false,
  };
}

/** Under `config.crio` of `crictl info`: one flat object of the runtime's and the other tables. */
export function configForInfo(config: CrioConfig): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const add = (table: Table): void => {
    for (const [key, value] of Object.entries(table)) {
      if (key === 'runtimes') {
        out['Runtimes'] = Object.fromEntries(
          Object.entries(value as Record<string, RuntimeHandler>).map(([name, handler]) => [
            name,
            handlerForInfo(handler),
          ]),
        );
      } else if (!isTable(value)) out[goName(key)] = Array.isArray(value) && value.length === 0 ? null : value;
    }
  };
  add(config.crio.runtime);
  out['Workloads'] = null;
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}
