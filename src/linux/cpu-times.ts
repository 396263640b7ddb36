/** CPU time as programs are told of it. */

export type CpuTimes = { readonly userNs: number; readonly systemNs: number };

const USER_SHARE = 0.7;

/** What a process spends is not told apart into its own time and the kernel's: a fixed share is. @fidelity approximate */
export function splitCpuTime(ns: number): CpuTimes {
  const userNs = Math.ceil(ns * USER_SHARE);
  return { userNs, systemNs: ns - userNs };
}
