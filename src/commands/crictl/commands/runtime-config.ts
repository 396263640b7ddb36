import type { CliCommand } from '../../../go/cli-types.ts';
import { print } from '../../../linux/io.ts';
import { CgroupDriver } from '../../../protocols/cri/generated.ts';
import { wrapping } from '../failure.ts';
import type { Action } from '../run.ts';
import { runtimeConfig } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';
import { table } from '../table.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/runtime_config.go @fidelity full */
export const runtimeConfigCommand: CliCommand<Action> = {
  name: 'runtime-config',
  usage: 'Show what the runtime tells kubelet about its configuration',
  shortOptions: true,
  action: async (ctx, run) => {
    const runtime = await wrapping('get runtime client', () => connectRuntime(ctx, run));
    const { linux } = await wrapping('get runtime config', () => {
      return wrapping('call RuntimeConfig RPC', () => runtimeConfig(ctx, runtime));
    });
    if (linux === undefined) return;
    const driver = Object.entries(CgroupDriver).find(([, value]) => value === linux.cgroupDriver)?.[0];
    await print(ctx, table([['cgroup driver:', driver ?? String(linux.cgroupDriver)]], 10));
  },
};
