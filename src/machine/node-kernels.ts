/** The kernels that Debian's releases boot: `uname -r` and `uname -v`. */
export const kernel612 = {
  release: '6.12.48+deb13-amd64',
  version: '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)',
};

export const kernel510 = { release: '5.10.0-33-amd64', version: '#1 SMP Debian 5.10.226-1 (2024-10-03)' };
