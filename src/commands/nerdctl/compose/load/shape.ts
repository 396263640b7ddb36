/**
 * The project's structs: their fields in order, with the name in Go (warnings tell that one) and in YAML.
 * @models compose-go v2.12.1 types/types.go, types/build.go, types/healthcheck.go, types/envfile.go
 * @fidelity partial: develop, gpus, models, provider and hooks are kept as they were written
 */

/**
 * How a value reads and prints. `plain` as it stands; `bytes` and `duration` print as texts; `env` is a mapping whose
 * values may be missing, `mapping` one of texts; `optOut` is told only when false.
 */
export type FieldKind =
  | 'plain'
  | 'bytes'
  | 'duration'
  | 'command'
  | 'test'
  | 'env'
  | 'mapping'
  | 'hosts'
  | 'cpus'
  | 'ulimits'
  | 'int'
  | 'mode'
  | 'strings'
  | 'optOut'
  | 'struct'
  | 'structs'
  | 'structMap';

export type Field = {
  readonly go: string;
  readonly key: string;
  readonly kind: FieldKind;
  /** Name of the struct below. */
  readonly of: string;
  /** Behind a pointer: there even when it is zero. */
  readonly isPointer: boolean;
  /** Printed whatever it is worth. */
  readonly isAlways: boolean;
};

/** `GoName key [kind][:struct][*][!]` */
function fields(source: string): Field[] {
  return source
    .trim()
    .split(/\s*;\s*/)
    .map((entry) => {
      const [go = '', key = '', suffix = 'plain'] = entry.trim().split(/\s+/);
      const [kind = 'plain', of = ''] = suffix.replace(/[*!]/g, '').split(':');
      return {
        go,
        key,
        kind: (kind === '' ? 'plain' : kind) as FieldKind,
        of,
        isPointer: suffix.includes('*'),
        isAlways: suffix.includes('!'),
      };
    });
}

export const SHAPES: Readonly<Record<string, readonly Field[]>> = {
  Project: fields(`Services services structMap:Service!; Networks networks structMap:Network;
    Volumes volumes structMap:Volume; Secrets secrets structMap:FileObject; Configs configs structMap:FileObject;
    Models models`),
  Service: fields(`Profiles profiles strings; Annotations annotations mapping; Attach attach *;
    Build build struct:Build*; Develop develop *; BlkioConfig blkio_config struct:Blkio*; CapAdd cap_add strings;
    CapDrop cap_drop strings; CgroupParent cgroup_parent; Cgroup cgroup; CPUCount cpu_count; CPUPercent cpu_percent;
    CPUPeriod cpu_period int; CPUQuota cpu_quota int; CPURTPeriod cpu_rt_period int; CPURTRuntime cpu_rt_runtime int;
    CPUS cpus cpus; CPUSet cpuset; CPUShares cpu_shares int; Command command command;
    Configs configs structs:FileReference; ContainerName container_name; CredentialSpec credential_spec *;
    DependsOn depends_on structMap:Dependency; Deploy deploy struct:Deploy*;
    DeviceCgroupRules device_cgroup_rules strings; Devices devices structs:Device; DNS dns strings;
    DNSOpts dns_opt strings; DNSSearch dns_search strings; Dockerfile dockerfile; DomainName domainname;
    Entrypoint entrypoint command; Provider provider *; Environment environment env; EnvFiles env_file structs:EnvFile;
    Expose expose strings; Extends extends struct:Extends*; ExternalLinks external_links strings;
    ExtraHosts extra_hosts hosts; GroupAdd group_add strings; Gpus gpus; Hostname hostname;
    HealthCheck healthcheck struct:HealthCheck*; Image image; Init init *; Ipc ipc; Isolation isolation;
    Labels labels mapping; LabelFiles label_file strings; Links links strings; Logging logging struct:Logging*;
    LogDriver log_driver; LogOpt log_opt mapping; MemLimit mem_limit bytes; MemReservation mem_reservation bytes;
    MemSwapLimit memswap_limit bytes; MemSwappiness mem_swappiness bytes; MacAddress mac_address; Models models;
    Net net; NetworkMode network_mode; Networks networks structMap:ServiceNetwork*; OomKillDisable oom_kill_disable;
    OomScoreAdj oom_score_adj int; Pid pid; PidsLimit pids_limit int; Platform platform; Ports ports structs:Port;
    Privileged privileged; PullPolicy pull_policy; ReadOnly read_only; Restart restart; Runtime runtime; Scale scale int*;
    Secrets secrets structs:FileReference; SecurityOpt security_opt strings; ShmSize shm_size bytes;
    StdinOpen stdin_open; StopGracePeriod stop_grace_period duration*; StopSignal stop_signal;
    StorageOpt storage_opt mapping; Sysctls sysctls mapping; Tmpfs tmpfs strings; Tty tty; Ulimits ulimits ulimits;
    UseAPISocket use_api_socket; User user; UserNSMode userns_mode; Uts uts; VolumeDriver volume_driver;
    Volumes volumes structs:Mount; VolumesFrom volumes_from strings; WorkingDir working_dir; PostStart post_start;
    PreStop pre_stop; Extensions #extensions`),
  Build: fields(`Context context; Dockerfile dockerfile; DockerfileInline dockerfile_inline;
    Entitlements entitlements strings; Args args env; Provenance provenance; SBOM sbom; SSH ssh; Labels labels mapping;
    CacheFrom cache_from strings; CacheTo cache_to strings; NoCache no_cache; NoCacheFilter no_cache_filter strings;
    AdditionalContexts additional_contexts mapping; Pull pull; ExtraHosts extra_hosts hosts; Isolation isolation;
    Network network; Target target; Secrets secrets structs:FileReference; ShmSize shm_size bytes; Tags tags strings;
    Ulimits ulimits ulimits; Platforms platforms strings; Privileged privileged`),
  Blkio: fields(`Weight weight int; WeightDevice weight_device; DeviceReadBps device_read_bps;
    DeviceReadIOps device_read_iops; DeviceWriteBps device_write_bps; DeviceWriteIOps device_write_iops`),
  Dependency: fields('Condition condition; Restart restart; Required required !'),
  Deploy: fields(`Mode mode; Replicas replicas int*; Labels labels mapping; UpdateConfig update_config *;
    RollbackConfig rollback_config *; Resources resources struct:Resources; RestartPolicy restart_policy struct:RestartPolicy*;
    Placement placement struct:Placement; EndpointMode endpoint_mode`),
  Resources: fields('Limits limits struct:Resource*; Reservations reservations struct:Resource*'),
  Resource: fields(`NanoCPUs cpus cpus; MemoryBytes memory bytes; Pids pids int; Devices devices structs:DeviceRequest;
    GenericResources generic_resources`),
  DeviceRequest: fields(
    'Capabilities capabilities strings; Driver driver; Count count; IDs device_ids strings; Options options mapping',
  ),
  RestartPolicy: fields(
    'Condition condition; Delay delay duration*; MaxAttempts max_attempts int*; Window window duration*',
  ),
  Placement: fields('Constraints constraints strings; Preferences preferences; MaxReplicas max_replicas_per_node int'),
  Device: fields('Source source; Target target; Permissions permissions'),
  EnvFile: fields('Path path; Required required optOut; Format format'),
  Extends: fields('File file; Service service'),
  HealthCheck: fields(`Test test test; Timeout timeout duration*; Interval interval duration*; Retries retries int*;
    StartPeriod start_period duration*; StartInterval start_interval duration*; Disable disable`),
  Logging: fields('Driver driver; Options options mapping'),
  ServiceNetwork: fields(`Aliases aliases strings; DriverOpts driver_opts mapping; GatewayPriority gw_priority int;
    InterfaceName interface_name; Ipv4Address ipv4_address; Ipv6Address ipv6_address;
    LinkLocalIPs link_local_ips strings; MacAddress mac_address; Priority priority int`),
  Port: fields(`Name name; Mode mode; HostIP host_ip; Target target int; Published published; Protocol protocol;
    AppProtocol app_protocol`),
  Mount: fields(`Type type; Source source; Target target; ReadOnly read_only; Consistency consistency;
    Bind bind struct:Bind*; Volume volume struct:VolumeOptions*; Tmpfs tmpfs struct:Tmpfs*; Image image *`),
  Bind: fields('SELinux selinux; Propagation propagation; CreateHostPath create_host_path optOut; Recursive recursive'),
  VolumeOptions: fields('Labels labels mapping; NoCopy nocopy; Subpath subpath'),
  Tmpfs: fields('Size size bytes; Mode mode int'),
  FileReference: fields('Source source; Target target; UID uid; GID gid; Mode mode mode*'),
  Network: fields(`Name name; Driver driver; DriverOpts driver_opts mapping; Ipam ipam struct:Ipam; External external;
    Internal internal; Attachable attachable; Labels labels mapping; EnableIPv4 enable_ipv4 *; EnableIPv6 enable_ipv6 *`),
  Ipam: fields('Driver driver; Config config structs:IpamPool; Options options mapping'),
  IpamPool: fields('Subnet subnet; Gateway gateway; IPRange ip_range; AuxiliaryAddresses aux_addresses mapping'),
  Volume: fields('Name name; Driver driver; DriverOpts driver_opts mapping; External external; Labels labels mapping'),
  FileObject: fields(`Name name; File file; Environment environment; Content content; External external;
    Labels labels mapping; Driver driver; DriverOpts driver_opts mapping; TemplateDriver template_driver`),
};

export function shapeOf(name: string): readonly Field[] {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no such struct: ${name}`);
  return shape;
}
