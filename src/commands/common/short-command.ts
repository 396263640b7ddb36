/** Programs that call themselves by the last part of argv[0]. @models glibc program_invocation_short_name */
import type { Program } from '../../linux/program.ts';
import { type CommandSpec, command, type Invocation } from './command.ts';

export function shortCommand(spec: CommandSpec, run: (call: Invocation) => Promise<number>): Program {
  const program = command(spec, run);
  return {
    ...program,
    main: (ctx, argv) => program.main(ctx, [(argv[0] ?? spec.name).replace(/^.*\//, ''), ...argv.slice(1)]),
  };
}
