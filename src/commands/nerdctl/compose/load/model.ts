/** A project as it is after loading: what was written, in one form. Keys are those of the file. */
import type { Dict } from './tree.ts';

type Maybe<T> = { [K in keyof T]?: T[K] | undefined };

export type Mount = Maybe<{
  type: string;
  source: string;
  target: string;
  read_only: boolean;
  bind: Maybe<{ create_host_path: boolean; propagation: string }>;
  volume: Dict;
  tmpfs: Maybe<{ size: number; mode: number }>;
}>;

export type Port = Maybe<{ mode: string; host_ip: string; target: number; published: string; protocol: string }>;

export type FileReference = Maybe<{ source: string; target: string; uid: string; gid: string; mode: number }>;

export type FileObject = Maybe<{ name: string; file: string; external: boolean }>;

export type Dependency = Maybe<{ condition: string; restart: boolean; required: boolean }>;

type Resource = Maybe<{ cpus: number; memory: number; pids: number; devices: DeviceRequest[] }>;

export type DeviceRequest = Maybe<{
  capabilities: string[];
  driver: string;
  count: number | string;
  device_ids: string[];
}>;

export type HealthCheck = Maybe<{
  test: string[];
  /** Nanoseconds, as the others. */
  interval: number;
  timeout: number;
  start_period: number;
  retries: number;
  disable: boolean;
}>;

export type Service = { name: string } & Maybe<{
  annotations: Record<string, string>;
  blkio_config: Maybe<{ weight: number }>;
  build: Dict;
  cap_add: string[];
  cap_drop: string[];
  command: string[];
  configs: FileReference[];
  container_name: string;
  cpus: number;
  cpuset: string;
  cpu_shares: number;
  depends_on: Record<string, Dependency>;
  deploy: Maybe<{
    replicas: number;
    resources: Maybe<{ limits: Resource; reservations: Resource }>;
    restart_policy: Maybe<{ condition: string }>;
  }>;
  devices: Maybe<{ source: string; target: string; permissions: string }>[];
  dns: string[];
  dns_opt: string[];
  dns_search: string[];
  entrypoint: string[];
  env_file: Maybe<{ path: string; required: boolean; format: string }>[];
  environment: Record<string, string | null>;
  extra_hosts: Record<string, string[]>;
  group_add: string[];
  healthcheck: HealthCheck;
  hostname: string;
  image: string;
  init: boolean;
  label_file: string[];
  labels: Record<string, string>;
  logging: Maybe<{ driver: string; options: Record<string, string> }>;
  mem_limit: number;
  mem_reservation: number;
  net: string;
  network_mode: string;
  networks: Record<string, Maybe<{ ipv4_address: string; mac_address: string }> | null>;
  pid: string;
  pids_limit: number;
  platform: string;
  ports: Port[];
  privileged: boolean;
  profiles: string[];
  provider: Dict;
  pull_policy: string;
  read_only: boolean;
  restart: string;
  runtime: string;
  scale: number;
  secrets: FileReference[];
  security_opt: string[];
  shm_size: number;
  stdin_open: boolean;
  /** Nanoseconds. */
  stop_grace_period: number;
  stop_signal: string;
  sysctls: Record<string, string>;
  tmpfs: string[];
  tty: boolean;
  ulimits: Record<string, Maybe<{ single: number; soft: number; hard: number }>>;
  user: string;
  volumes: Mount[];
  working_dir: string;
}>;

export type Network = Maybe<{
  name: string;
  driver: string;
  driver_opts: Record<string, string>;
  external: boolean;
  ipam: Maybe<{ config: Maybe<{ subnet: string; gateway: string; ip_range: string }>[] }>;
}>;

export type VolumeConfig = Maybe<{ name: string; external: boolean }>;

export type Project = {
  readonly name: string;
  readonly workingDirectory: string;
  readonly home: string;
  services: Record<string, Service>;
  /** Those whose profile nobody asked for. */
  readonly disabled: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, VolumeConfig>>;
  readonly secrets: Readonly<Record<string, FileObject>>;
  readonly configs: Readonly<Record<string, FileObject>>;
  /** `x-…` at the top. */
  readonly extensions: Dict;
  /** Go's names of what stands at the top and nobody knows. */
  readonly unknown: readonly string[];
};
