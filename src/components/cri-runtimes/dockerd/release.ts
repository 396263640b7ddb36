/** Debian 11's build of Docker. @models docker.io 20.10.5+dfsg1-1+deb11u2 */
export const VERSION = '20.10.5+dfsg1';
export const COMMIT = '363e9a8';
export const GO_VERSION = 'go1.15.15';
export const CONTAINERD_COMMIT = '1.4.13~ds1-1~deb11u4';
