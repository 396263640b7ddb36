/**
 * kata-runtime: is this node able to run Kata, and with what?
 * @models kata-containers 4.1.0 src/runtime/cmd/kata-runtime @fidelity partial: check, env, exec and version
 */
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { check } from './check.ts';
import { env } from './env.ts';
import { exec } from './exec.ts';

const VERSION = '4.1.0';
const OCI = '1.3.0';

const NOT_SIMULATED: Readonly<Record<string, string>> = {
  factory: 'VM templates and caches',
  metrics: 'the shim’s metrics socket',
  'direct-volume': 'volumes assigned to the guest directly',
  iptables: 'iptables inside the guest',
  policy: 'the agent’s policy',
};

const HELP = `NAME:
   kata-runtime - Kata Containers runtime

   kata-runtime checks a node and shows how Kata is set up on it. Containers are
   run by containerd-shim-kata-v2, not by this program.

USAGE:
   kata-runtime [global options] command [command options] [arguments...]

VERSION:
   ${VERSION}

COMMANDS:
   check, kata-check  tests if system can run Kata Containers
   env, kata-env      display settings. Default to TOML
   exec               enter into guest by debug console
   factory            manage vm factory
   metrics            gather metrics associated with infrastructure used to run a sandbox
   direct-volume      directly assign a volume to Kata Containers to manage
   iptables           get or set iptables within the Kata Containers guest
   policy             set policy within the Kata Containers guest
   help, h            Shows a list of commands or help for one command

GLOBAL OPTIONS:
   --config value      Kata Containers config file path
   --rootless          ignored
   --show-default-config-paths  show the config file paths that are looked at
   --help, -h          show help
   --version, -v       print the version
`;

export const kataRuntimeProgram: Program = {
  name: 'kata-runtime',
  layer: 'client',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 30_000 << 10,
  threads: 8,
  async main(ctx, argv) {
    const words = argv.slice(1);
    let config = '';
    while (words[0]?.startsWith('-')) {
      const word = words.shift() as string;
      const [name, value] = word.replace(/^--?/, '').split('=');
      if (name === 'version' || name === 'v') {
        await print(ctx, `kata-runtime  : ${VERSION}\n   commit   : \n   OCI specs: ${OCI}\n`);
        return 0;
      }
      if (name === 'help' || name === 'h') {
        await print(ctx, HELP);
        return 0;
      }
      if (name === 'config') config = value ?? words.shift() ?? '';
      else {
        await printError(ctx, `flag provided but not defined: -${name}\n`);
        return 1;
      }
    }
    const [name, ...rest] = words;
    try {
      switch (name) {
        case undefined:
        case 'help':
        case 'h':
          await print(ctx, HELP);
          return 0;
        case 'check':
        case 'kata-check':
          return await check(ctx, rest);
        case 'env':
        case 'kata-env':
          return await env(ctx, config, rest, { version: VERSION, oci: OCI });
        case 'exec':
          return await exec(ctx, rest);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `${error.go}\n`);
      return 1;
    }
    const what = NOT_SIMULATED[name];
    if (what !== undefined) await printRefusal(ctx, `kata-runtime ${name}: not simulated: ${what}\n`);
    else await printError(ctx, `Invalid command "${name}"\n`);
    return 1;
  },
};
