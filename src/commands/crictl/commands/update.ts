import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { print } from '../../../linux/io.ts';
import { UpdateContainerResourcesRequest } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { Failure, wrapping } from '../failure.ts';
import { debug } from '../logger.ts';
import type { Action } from '../run.ts';
import { updateContainerResources } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go updateContainerCommand @fidelity full */
export const updateCommand: CliCommand<Action> = {
  name: 'update',
  usage: 'Change the limits of running containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    { name: 'cpu-count', kind: 'int64', usage: '(Windows only) How many CPUs the container may use' },
    { name: 'cpu-maximum', kind: 'int64', usage: '(Windows only) Share of the CPUs in hundredths of a percent' },
    { name: 'cpu-period', kind: 'int64', usage: 'CFS period in microseconds; 0 is the default of the system' },
    { name: 'cpu-quota', kind: 'int64', usage: 'CFS quota in microseconds: CPU time allowed in each period' },
    { name: 'cpu-share', kind: 'int64', usage: 'CPU shares: weight against other containers' },
    { name: 'cpuset-cpus', kind: 'string', usage: 'Which CPUs may be used' },
    { name: 'cpuset-mems', kind: 'string', usage: 'Which memory nodes may be used' },
    { name: 'memory', kind: 'int64', usage: 'Memory limit in bytes' },
    { name: 'oom-score-adj', kind: 'string', usage: 'Adjustment of the OOM killer score' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length === 0) throw new Failure('ID cannot be empty');
    const runtime = await connectRuntime(ctx, run);
    const oomScoreAdj = cli.string('oom-score-adj');
    const linux = {
      cpuPeriod: cli.number('cpu-period'),
      cpuQuota: cli.number('cpu-quota'),
      cpuShares: cli.number('cpu-share'),
      cpusetCpus: cli.string('cpuset-cpus'),
      cpusetMems: cli.string('cpuset-mems'),
      memoryLimitInBytes: cli.number('memory'),
      // A string flag read as a number: what does not parse is 0.
      oomScoreAdj: /^[+-]?\d+$/.test(oomScoreAdj) ? BigInt(Number(oomScoreAdj)) : 0n,
    };
    for (const id of cli.args) {
      await wrapping(`updating container resources for ${quote(id)}`, async () => {
        if (id === '') throw new Failure('ID cannot be empty');
        const request = UpdateContainerResourcesRequest.create({ containerId: id, linux });
        await debug(ctx, run.logger, () => {
          return `UpdateContainerResourcesRequest: ${toProtoText(UpdateContainerResourcesRequest, request)}`;
        });
        await updateContainerResources(ctx, runtime, id, linux);
        await print(ctx, `${id}\n`);
      });
    }
  },
};
