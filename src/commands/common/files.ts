/** Reading the files that a filter names, with GNU's complaints. */
import type { Invocation } from './command.ts';
import { Exit, reporting } from './command.ts';
import { quote } from './quoting.ts';
import { concat, openInput } from './streams.ts';

/** Every line of the operands, or of standard input, one after the other; false if one could not be read. */
export async function eachLine(
  call: Invocation,
  onLine: (line: string, terminated: boolean) => Promise<void> | void,
  options: { delimiter?: number; operands?: readonly string[]; onFile?: (path: string) => void } = {},
): Promise<boolean> {
  let ok = true;
  const operands = options.operands ?? call.operands;
  for (const path of operands.length === 0 ? ['-'] : operands) {
    const read = await reporting(call, path, async () => {
      const input = await openInput(call.ctx, path, options.delimiter ?? 10);
      options.onFile?.(path);
      for (;;) {
        if (!input.ready) await call.out.flush();
        const line = await input.line();
        if (line === null) break;
        await onLine(line, input.terminated);
        if (call.out.full) await call.out.flush();
      }
      await input.close();
    });
    ok &&= read;
  }
  return ok;
}

/** All bytes of one operand; null after a complaint. */
export async function readOperand(call: Invocation, path: string): Promise<Uint8Array | null> {
  let bytes = new Uint8Array(0);
  const ok = await reporting(call, path, async () => {
    const input = await openInput(call.ctx, path);
    const parts: Uint8Array[] = [];
    for (let part = await input.chunk(); part.length > 0; part = await input.chunk()) parts.push(part);
    bytes = parts.length === 0 ? bytes : (concat(parts) as Uint8Array<ArrayBuffer>);
    await input.close();
  });
  return ok ? bytes : null;
}

/** A usage error found after parsing: complains, hints at --help, ends. */
export async function misuse(call: Invocation, text: string, status = 1): Promise<never> {
  await call.complain(`${text}\nTry '${call.name} --help' for more information.`);
  throw new Exit(status);
}

/** Complains about operands beyond `most`, or too few. */
export async function expectOperands(call: Invocation, least: number, most: number, status = 1): Promise<void> {
  const { operands, ctx } = call;
  if (operands.length < least)
    await misuse(
      call,
      operands.length === 0 ? 'missing operand' : `missing operand after ${quote(ctx, operands.at(-1) ?? '')}`,
      status,
    );
  const extra = operands[most];
  if (extra !== undefined) await misuse(call, `extra operand ${quote(ctx, extra)}`, status);
}
