/** What every verb of systemctl gets. */
import type { Context } from '../../linux/context.ts';
import type { SystemdClient, Unit } from '../../protocols/systemd/client.ts';
import type { Options } from '../common/options.ts';
import type { Output } from '../common/streams.ts';

export type Call = {
  ctx: Context;
  options: Options;
  args: string[];
  out: Output;
  client: SystemdClient;
  colour: boolean;
  columns: number;
};
export type Verb = (call: Call) => Promise<number>;

/** `foo` means foo.service. */
export function unitName(name: string): string {
  return /\.(service|target|socket|timer|mount|slice|scope|path|device|swap|automount)$/.test(name)
    ? name
    : `${name}.service`;
}

export async function getUnit(call: Call, name: string): Promise<Unit | null> {
  return (await call.client.call(call.ctx, 'GetUnit', { unit: unitName(name) })).unit ?? null;
}
