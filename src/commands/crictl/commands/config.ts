import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, print } from '../../../linux/io.ts';
import {
  CONFIG_KEYS,
  type ConfigFile,
  configValueText,
  emptyConfig,
  isConfigKey,
  readConfig,
  setConfigValue,
  writeConfig,
} from '../config-file.ts';
import { Failure, wrapping } from '../failure.ts';
import { log } from '../logger.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { CLEAR_SCREEN, table } from '../table.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/config.go @fidelity full */
export const configCommand: CliCommand<Action> = {
  name: 'config',
  usage: 'Read and change the options in the config file',
  argsUsage: `[<crictl options>]

EXAMPLES:
   # Set the option "debug" to "true"
   crictl config --set debug=true

   # The same in short
   crictl config debug true

   # Print the option "debug"
   crictl config --get debug

   # Print all options
   crictl config --list

CRICTL OPTIONS:
\t runtime-endpoint:\tWhere the container runtime (CRI) listens (default: "")
\t image-endpoint:\tWhere the image service (CRI) listens (default: "")
\t timeout:\tSeconds to wait for the server (default: 2)
\t debug:\tPrint debug output (default: false)
\t pull-image-on-create:\tPull images when containers are created (default: false)
\t disable-pull-on-run:\tDo not pull images when containers are run (default: false)`,
  shortOptions: true,
  flags: [
    { name: 'get', kind: 'string', usage: 'Print one option' },
    { name: 'list', kind: 'bool', usage: 'Print all options' },
    {
      name: 'set',
      kind: 'stringSlice',
      usage: 'Set options: repeat it or separate with commas, opt1=val1,opt2=val2',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const path = cli.string('config');
    if (!(await exists(ctx, path))) await writeConfig(ctx, emptyConfig(), path);
    const config = await wrapping('load config file', () => readConfig(ctx, path));
    if (cli.isSet('get')) return await printOption(ctx, config, cli.string('get'));
    if (cli.isSet('set')) {
      setAll(config, cli.strings('set'));
      return await writeConfig(ctx, config, path);
    }
    if (cli.bool('list')) {
      const rows = CONFIG_KEYS.map((key) => [key, configValueText(config, key)]);
      return await print(ctx, CLEAR_SCREEN + table([['KEY', 'VALUE'], ...rows]));
    }
    await setOne(ctx, run, config, path);
  },
};

async function printOption(ctx: Context, config: ConfigFile, name: string): Promise<void> {
  if (!isConfigKey(name)) throw new Failure(`no configuration option named ${name}`);
  await print(ctx, `${configValueText(config, name)}\n`);
}

function setAll(config: ConfigFile, settings: readonly string[]): void {
  for (const setting of settings) {
    for (const option of setting.split(',')) {
      const [key, value, ...rest] = option.split('=');
      if (key === undefined || value === undefined || rest.length > 0) {
        throw new Failure(`incorrectly specified option: ${setting}`);
      }
      setValue(config, key, value);
    }
  }
}

/** `crictl config KEY VALUE`, from before there were flags. */
async function setOne(ctx: Context, run: Run, config: ConfigFile, path: string): Promise<void> {
  const [key = '', value = ''] = run.cli.args;
  if (key === '') return await showHelp(ctx, run);
  const text = `setting key ${quote(key)} to value ${quote(value)}`;
  await log(ctx, run.logger, 'info', `No --get, --set or --list provided, ${text}`);
  await wrapping(`set ${quote(key)} to ${quote(value)}`, async () => setValue(config, key, value));
  await writeConfig(ctx, config, path);
}

function setValue(config: ConfigFile, key: string, value: string): void {
  if (!isConfigKey(key)) throw new Failure(`no configuration option named ${key}`);
  const fault = setConfigValue(config, key, value);
  if (fault !== null) throw new Failure(`parse ${key} value '${value}': ${fault}`);
}
