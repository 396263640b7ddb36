/**
 * CPUs and memory that come into a guest while it runs. What has come is there, but of no use before somebody brings it
 * online through sysfs; a CPU that goes is taken offline by the kernel itself.
 * @models Linux 6.18 drivers/acpi/{acpi_processor,acpi_memhotplug}.c, drivers/base/{cpu,memory}.c @fidelity partial: memory is never taken back
 */
import { errno } from './errno.ts';
import type { GuestCpu } from './guest-cpu.ts';
import { hotplugs } from './guest-hardware.ts';
import type { Kernel } from './kernel.ts';
import { directoryOf, fileOf, type GeneratedEntry } from './vfs/generated-fs.ts';

export const MEMORY_BLOCK_BYTES = 128 << 20;

export class Hotplug {
  private readonly kernel: Kernel;
  private readonly cpu: GuestCpu;
  /** Tells observers how big the guest is now. */
  private readonly resized: () => void;
  private present: number;
  private readonly offline = new Set<number>();
  private readonly memoryAtBoot: number;
  /** Of the blocks that came later, in order. */
  private readonly blocks: { online: boolean }[] = [];

  constructor(kernel: Kernel, cpu: GuestCpu, resized: () => void) {
    this.kernel = kernel;
    this.cpu = cpu;
    this.resized = resized;
    this.present = kernel.options.cores;
    this.memoryAtBoot = kernel.options.memoryBytes;
  }

  /** The machine has that many CPUs now. */
  setCpus(count: number): void {
    while (this.present < count) {
      this.kernel.log(`CPU${this.present} has been hot-added`);
      this.offline.add(this.present++);
    }
    while (this.present > Math.max(1, count)) {
      this.present--;
      this.offline.delete(this.present);
    }
    this.apply();
  }

  /** So much has come since it began. */
  setAddedMemory(bytes: number): void {
    while ((this.blocks.length + 1) * MEMORY_BLOCK_BYTES <= bytes) this.blocks.push({ online: false });
  }

  private setOnline(cpu: number, on: boolean): void {
    if (on && this.offline.delete(cpu))
      this.kernel.log(`smpboot: Booting Node 0 Processor ${cpu} APIC 0x${cpu.toString(16)}`);
    else if (!on && !this.offline.has(cpu)) {
      this.offline.add(cpu);
      this.kernel.log(`smpboot: CPU ${cpu} is now offline`);
    }
    this.apply();
  }

  private apply(): void {
    const { options } = this.kernel;
    options.cores = this.present - this.offline.size;
    this.cpu.setCores(options.cores);
    options.memoryBytes = this.memoryAtBoot + this.blocks.filter(({ online }) => online).length * MEMORY_BLOCK_BYTES;
    this.resized();
  }

  private range(offline: boolean): string {
    const list = Array.from({ length: this.present }, (_, i) => i).filter((i) => this.offline.has(i) === offline);
    const parts: string[] = [];
    for (let i = 0; i < list.length; i++) {
      const first = list[i] as number;
      while (list[i + 1] === (list[i] as number) + 1) i++;
      parts.push(first === list[i] ? `${first}` : `${first}-${list[i]}`);
    }
    return `${parts.join(',')}\n`;
  }

  /** /sys/devices/system/cpu */
  get cpuDirectory(): GeneratedEntry {
    const files: Record<string, GeneratedEntry> = {
      online: fileOf(() => this.range(false)),
      offline: fileOf(() => this.range(true)),
      present: fileOf(() => (this.present === 1 ? '0\n' : `0-${this.present - 1}\n`)),
      possible: fileOf(() => (this.present === 1 ? '0\n' : `0-${this.present - 1}\n`)),
    };
    const topology = (i: number): GeneratedEntry =>
      directoryOf({ core_id: fileOf(() => `${i}\n`), physical_package_id: fileOf(() => '0\n') });
    return {
      kind: 'directory',
      list: () => [...Object.keys(files), ...Array.from({ length: this.present }, (_, i) => `cpu${i}`)],
      entry: (name) => {
        if (Object.hasOwn(files, name)) return files[name] as GeneratedEntry;
        const cpu = /^cpu(\d+)$/.exec(name);
        if (cpu === null || Number(cpu[1]) >= this.present) return null;
        const i = Number(cpu[1]);
        // The first cannot be taken offline, and so has no such file.
        if (i === 0) return directoryOf({ topology: topology(i) });
        return directoryOf({
          online: fileOf(
            () => `${this.offline.has(i) ? 0 : 1}\n`,
            (text) => {
              if (text.trim() !== '0' && text.trim() !== '1') throw errno('EINVAL');
              this.setOnline(i, text.trim() === '1');
            },
          ),
          topology: topology(i),
        });
      },
    };
  }

  /** /sys/devices/system/memory */
  get memoryDirectory(): GeneratedEntry {
    const atBoot = Math.ceil(this.memoryAtBoot / MEMORY_BLOCK_BYTES);
    return {
      kind: 'directory',
      list: () => ['block_size_bytes', ...Array.from({ length: atBoot + this.blocks.length }, (_, i) => `memory${i}`)],
      entry: (name) => {
        if (name === 'block_size_bytes') return fileOf(() => `${MEMORY_BLOCK_BYTES.toString(16)}\n`);
        const i = Number(/^memory(\d+)$/.exec(name)?.[1] ?? -1);
        const block = this.blocks[i - atBoot];
        if (i >= 0 && i < atBoot) return directoryOf({ state: fileOf(() => 'online\n'), online: fileOf(() => '1\n') });
        if (block === undefined) return null;
        const set = (on: boolean): void => {
          if (!on && block.online) throw errno('EBUSY');
          block.online = on;
          this.apply();
        };
        return directoryOf({
          state: fileOf(
            () => (block.online ? 'online\n' : 'offline\n'),
            (text) => set(text.trim().startsWith('online')),
          ),
          online: fileOf(
            () => `${block.online ? 1 : 0}\n`,
            (text) => set(text.trim() === '1'),
          ),
        });
      },
    };
  }
}

export function makeHotplug(kernel: Kernel, cpu: GuestCpu, resized: () => void): void {
  hotplugs.set(kernel, new Hotplug(kernel, cpu, resized));
}
