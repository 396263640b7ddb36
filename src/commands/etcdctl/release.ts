/** The releases of etcdctl that nodes here have, and what differs between them. */
export type EtcdctlRelease = {
  readonly version: string;
  readonly api: string;
  /** Before 3.6: it knows nothing of storage versions, and has `snapshot status` and `restore` itself. */
  readonly isOld: boolean;
  /** Where log lines say that they come from. */
  readonly callers: {
    readonly retry: string;
    readonly unrecognized: string;
    readonly conflicting: string;
    readonly opened: string;
    readonly completed: string;
    readonly created: string;
    readonly fetching: string;
    readonly fetched: string;
    readonly saved: string;
  };
};

export const etcdctl36: EtcdctlRelease = {
  version: '3.6.6',
  api: '3.6',
  isOld: false,
  callers: {
    retry: 'v3/retry_interceptor.go:65',
    unrecognized: 'flags/flag.go:94',
    conflicting: 'flags/flag.go:86',
    opened: 'v3/maintenance.go:236',
    completed: 'v3/maintenance.go:302',
    created: 'snapshot/v3_snapshot.go:83',
    fetching: 'snapshot/v3_snapshot.go:96',
    fetched: 'snapshot/v3_snapshot.go:111',
    saved: 'snapshot/v3_snapshot.go:121',
  },
};

export const etcdctl35: EtcdctlRelease = {
  version: '3.5.6',
  api: '3.5',
  isOld: true,
  callers: {
    retry: 'v3/retry_interceptor.go:62',
    unrecognized: 'flags/flag.go:93',
    conflicting: 'flags/flag.go:85',
    opened: 'v3/maintenance.go:212',
    completed: 'v3/maintenance.go:220',
    created: 'snapshot/v3_snapshot.go:65',
    fetching: 'snapshot/v3_snapshot.go:73',
    fetched: 'snapshot/v3_snapshot.go:88',
    saved: 'snapshot/v3_snapshot.go:97',
  },
};
