/** ctr oci. @models containerd 2.1 cmd/ctr/commands/oci @fidelity partial: specs for Linux only */
import type { JsonValue } from '../../../go/json.ts';
import { parsePlatform } from '../../../protocols/oci/platform.ts';
import { specJson } from '../../../protocols/oci-runtime/default-spec.ts';
import { defaultSpec } from '../../common/containerd/spec.ts';
import { type Command, fail, printJson, refuse } from '../run.ts';

const specCommand: Command = {
  name: 'spec',
  usage: 'Print the default OCI spec',
  flags: [{ name: 'platform', kind: 'string', usage: "Platform of the spec ('linux/arm64', 'windows/amd64')" }],
  action: async (ctx, run) => {
    const asked = run.cli.string('platform');
    const platform = asked === '' ? null : parsePlatform(asked);
    if (asked !== '' && platform === null)
      fail(`failed to generate spec: "${asked}": unknown operating system or architecture: invalid argument`);
    if (platform !== null && platform.os !== 'linux') refuse(`oci spec: not simulated: platform ${asked}`);
    const spec = defaultSpec(run.cli.string('namespace'), '');
    spec.linux.cgroupsPath = `/${run.cli.string('namespace')}`;
    await printJson(ctx, JSON.parse(specJson(spec)) as JsonValue);
  },
};

export const ociCommand: Command = { name: 'oci', usage: 'OCI tools', subcommands: [specCommand] };
