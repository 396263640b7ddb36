/** Numbers and columns of what the command line prints. */

export function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(ns < 10e6 ? 2 : 1)} ms`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}

export function column(text: string, width: number): string {
  return text.padStart(width);
}
