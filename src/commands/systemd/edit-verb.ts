/** What `systemctl edit UNIT…` does before and after the editor. */
import { printError } from '../../linux/io.ts';
import { getUnit, unitName, type Verb } from './call.ts';
import { editUnit } from './edit.ts';

export const edit: Verb = async (call) => {
  const { ctx, client, args, options } = call;
  let code = 0;
  for (const name of args) {
    const unit = await getUnit(call, name);
    if ((unit === null || unit.path === '') && !options.has('force')) {
      await printError(
        ctx,
        `No files found for ${unitName(name)}.\nRun 'systemctl edit --force --full ${unitName(name)}' to create a new unit.\n`,
      );
      return 1;
    }
    const written = await editUnit(ctx, {
      unit: unitName(name),
      path: unit?.path ?? '',
      dropIns: unit?.dropIns ?? [],
      full: options.has('full'),
      runtime: options.has('runtime'),
      dropIn: `${(options.value('drop-in') ?? 'override').replace(/\.conf$/, '')}.conf`,
      stdin: options.has('stdin'),
    });
    if (written) await client.call(ctx, 'Reload');
    else code = 1;
  }
  return code;
};
