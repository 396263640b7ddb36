/** What CRI-O calls itself and what it starts from. */

export const VERSION = '1.36.3';
export const COMMIT = 'ac2c91b97f6b32a593c11f345743d5d32ac320bb';

/** Without CAP_, in the order in which they are given to containers. */
export const DEFAULT_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'KILL',
] as const;

export const USER_AGENT = `cri-o/${VERSION} go/go1.27.3 os/linux arch/amd64`;

/** Name of a pod's own container. */
export const INFRA_NAME = 'POD';
