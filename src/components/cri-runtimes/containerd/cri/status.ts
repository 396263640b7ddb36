/**
 * Version, Status, RuntimeConfig, UpdateRuntimeConfig.
 * @models containerd 2.1 internal/cri/server/version.go, status.go, runtime_config_linux.go, update_runtime_config.go
 * @fidelity partial: no cni.conf_template
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists } from '../../../../linux/io.ts';
import {
  CgroupDriver,
  type RuntimeConfigResponse,
  type StatusRequest,
  type StatusResponse,
  type UpdateRuntimeConfigRequest,
  type VersionResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { failure } from '../../shared/errors.ts';
import { type JsonObject, marshal } from '../../shared/go-json.ts';
import type { CriRuntimeConfig, RuntimeHandlerConfig } from '../config/defaults.ts';
import { RUNC_V2 } from '../config/handlers.ts';
import type { CriService } from './cri-service.ts';

export async function version(_ctx: Context, cri: CriService): Promise<VersionResponse> {
  const { version: runtimeVersion, criVersion: runtimeApiVersion } = cri.parts.release;
  return { version: '0.1.0', runtimeName: 'containerd', runtimeVersion, runtimeApiVersion };
}

export async function status(_ctx: Context, cri: CriService, request: StatusRequest): Promise<Input<StatusResponse>> {
  const problem = cri.networks.status();
  return {
    status: {
      conditions: [
        { type: 'RuntimeReady', status: true },
        problem === null
          ? { type: 'NetworkReady', status: true }
          : {
              type: 'NetworkReady',
              status: false,
              reason: 'NetworkPluginNotReady',
              message: `Network plugin returns error: ${problem}`,
            },
        { type: 'ContainerdHasNoDeprecationWarnings', status: true },
      ],
    },
    runtimeHandlers: [...cri.runtimeHandlers],
    features: { supplementalGroupsPolicy: true },
    ...(request.verbose ? { info: verboseInfo(cri) } : {}),
  };
}

function verboseInfo(cri: CriService): Record<string, string> {
  const loaded = cri.networks.lastLoadError ?? 'OK';
  return {
    config: marshal(shownConfig(cri)),
    golang: marshal(cri.parts.release.goVersion),
    cniconfig: marshal(cri.networks.describe()),
    'lastCNILoadStatus.default': loaded,
    lastCNILoadStatus: loaded,
  };
}

/** The JSON names of the configuration differ from those of the file. */
function shownConfig(cri: CriService): JsonObject {
  const c = cri.config;
  const { root, state, grpc } = cri.parts.config;
  const { cni, containerd } = c;
  return {
    containerd: {
      defaultRuntimeName: containerd.default_runtime_name,
      runtimes: Object.fromEntries(
        Object.entries(containerd.runtimes).map(([name, handler]) => [name, shownHandler(handler)]),
      ),
      ignoreBlockIONotEnabledErrors: containerd.ignore_blockio_not_enabled_errors,
      ignoreRdtNotEnabledErrors: containerd.ignore_rdt_not_enabled_errors,
    },
    cni: {
      binDir: cni.bin_dir,
      binDirs: cni.bin_dirs,
      confDir: cni.conf_dir,
      maxConfNum: cni.max_conf_num,
      setupSerially: cni.setup_serially,
      confTemplate: cni.conf_template,
      ipPref: cni.ip_pref,
      useInternalLoopback: cni.use_internal_loopback,
    },
    enableSelinux: c.enable_selinux,
    selinuxCategoryRange: c.selinux_category_range,
    maxContainerLogLineSize: c.max_container_log_line_size,
    disableApparmor: c.disable_apparmor,
    restrictOOMScoreAdj: c.restrict_oom_score_adj,
    disableProcMount: c.disable_proc_mount,
    unsetSeccompProfile: c.unset_seccomp_profile,
    tolerateMissingHugetlbController: c.tolerate_missing_hugetlb_controller,
    disableHugetlbController: c.disable_hugetlb_controller,
    device_ownership_from_security_context: c.device_ownership_from_security_context,
    ignoreImageDefinedVolumes: c.ignore_image_defined_volumes,
    netnsMountsUnderStateDir: c.netns_mounts_under_state_dir,
    enableUnprivilegedPorts: c.enable_unprivileged_ports,
    enableUnprivilegedICMP: c.enable_unprivileged_icmp,
    enableCDI: c.enable_cdi,
    cdiSpecDirs: c.cdi_spec_dirs,
    drainExecSyncIOTimeout: c.drain_exec_sync_io_timeout,
    ignoreDeprecationWarnings: c.ignore_deprecation_warnings,
    containerdRootDir: root,
    containerdEndpoint: grpc.address,
    rootDir: `${root}/io.containerd.grpc.v1.cri`,
    stateDir: `${state}/io.containerd.grpc.v1.cri`,
  };
}

function shownHandler(handler: RuntimeHandlerConfig): JsonObject {
  return {
    runtimeType: handler.runtime_type,
    runtimePath: handler.runtime_path,
    PodAnnotations: handler.pod_annotations,
    ContainerAnnotations: handler.container_annotations,
    options: handler.options,
    privileged_without_host_devices: handler.privileged_without_host_devices,
    privileged_without_host_devices_all_devices_allowed: handler.privileged_without_host_devices_all_devices_allowed,
    cgroupWritable: handler.cgroup_writable,
    baseRuntimeSpec: handler.base_runtime_spec,
    cniConfDir: handler.cni_conf_dir,
    cniMaxConfNum: handler.cni_max_conf_num,
    snapshotter: handler.snapshotter,
    sandboxer: handler.sandboxer,
    io_type: handler.io_type,
  };
}

/** The default handler decides, then the others by name; without any, whether systemd runs this machine. */
export async function runtimeConfig(ctx: Context, cri: CriService): Promise<Input<RuntimeConfigResponse>> {
  const { runtimes, default_runtime_name: fallback } = cri.config.containerd;
  const names = Object.keys(runtimes).sort(
    (a, b) => Number(b === fallback) - Number(a === fallback) || (a < b ? -1 : 1),
  );
  for (const name of names) {
    const handler = runtimes[name];
    if (handler?.runtime_type !== RUNC_V2 || handler.options === null) continue;
    return {
      linux: { cgroupDriver: handler.options['SystemdCgroup'] === true ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
    };
  }
  return {
    linux: { cgroupDriver: (await exists(ctx, '/run/systemd/system')) ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  };
}

export async function updateRuntimeConfig(
  ctx: Context,
  cri: CriService,
  request: UpdateRuntimeConfigRequest,
): Promise<Record<string, never>> {
  const cidrs = request.runtimeConfig?.networkConfig?.podCidr ?? '';
  if (cidrs === '') return {};
  for (const cidr of cidrs.split(',').map((part) => part.trim())) {
    if (!/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(cidr)) throw failure(`get routes: invalid CIDR address: ${cidr}`);
  }
  const { conf_template: template } = cri.config.cni;
  if (template === '') {
    await cri.log.info(
      ctx,
      'No cni config template is specified, wait for other system components to drop the config.',
    );
  } else if (cri.networks.status() === null) {
    await cri.log.info(ctx, `Network plugin is ready, skip generating cni config from template ${quote(template)}`);
  } else {
    throw failure(`failed to parse cni config template ${quote(template)}: templates are not simulated`);
  }
  return {};
}
