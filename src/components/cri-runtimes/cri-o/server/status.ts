/** Version, Status, RuntimeConfig. @models CRI-O 1.36 server/{version,runtime_status,runtime_config}.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import {
  CgroupDriver,
  type RuntimeConfigResponse,
  type StatusRequest,
  type StatusResponse,
  type VersionResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { marshal } from '../../shared/go-json.ts';
import { configForInfo } from '../config/print.ts';
import { VERSION } from '../parts.ts';
import type { Server } from './server.ts';

export async function version(): Promise<VersionResponse> {
  return { version: '0.1.0', runtimeName: 'cri-o', runtimeVersion: VERSION, runtimeApiVersion: 'v1' };
}

export async function status(_ctx: Context, server: Server, request: StatusRequest): Promise<Input<StatusResponse>> {
  const problem = server.network.status();
  const { runtimes, default_runtime: standard } = server.config.crio.runtime;
  const handlers = Object.keys(runtimes)
    .sort()
    .flatMap((name) => {
      const features = server.featuresOf(name);
      return [{ name, features }, ...(name === standard ? [{ name: '', features }] : [])];
    });
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
      ],
    },
    runtimeHandlers: handlers,
    features: { supplementalGroupsPolicy: true },
    ...(request.verbose
      ? {
          info: {
            config: marshal({
              crio: configForInfo(server.config),
              sandboxImage: server.config.crio.image.pause_image,
            }),
          },
        }
      : {}),
  };
}

export async function runtimeConfig(_ctx: Context, server: Server): Promise<Input<RuntimeConfigResponse>> {
  const systemd = server.config.crio.runtime.cgroup_manager === 'systemd';
  return { linux: { cgroupDriver: systemd ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS } };
}
