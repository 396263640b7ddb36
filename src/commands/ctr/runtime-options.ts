/** What --runc-… and --runtime-config-path say to the shim. @models containerd 2.1 cmd/ctr/commands/commands_unix.go @fidelity full */
import type { CliContext } from '../../go/cli-types.ts';
import { Options } from '../../protocols/containerd/types/runc/options/generated.ts';
import { Options as GenericOptions } from '../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import type { Any } from '../../protocols/google/protobuf/generated.ts';
import { fail } from './run.ts';

const RUNC_V2 = 'io.containerd.runc.v2';

export function runtimeOptions(cli: CliContext): Any | null {
  const isRunc = cli.string('runtime') === RUNC_V2;
  const binaryName = cli.string('runc-binary');
  const systemdCgroup = cli.bool('runc-systemd-cgroup');
  if ((binaryName !== '' || systemdCgroup) && !isRunc)
    fail(`specifying runc-binary and runc-systemd-cgroup is only supported for "${RUNC_V2}" runtime`);
  if (isRunc) {
    if (systemdCgroup && cli.string('cgroup') === '')
      fail('option --runc-systemd-cgroup requires --cgroup to be set, e.g. "machine.slice:foo:deadbeef"');
    const value = Options.encode({ binaryName, systemdCgroup, root: cli.string('runc-root') }).slice();
    return { typeUrl: Options.typeName, value };
  }
  const configPath = cli.string('runtime-config-path');
  if (configPath === '') return null;
  return { typeUrl: GenericOptions.typeName, value: GenericOptions.encode({ configPath }).slice() };
}
