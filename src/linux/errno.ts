/** Errors of system calls: data, not exceptions of ours. Wrapped by each program with the words it really uses. */

const MESSAGES = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  ESRCH: [3, 'No such process'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error'],
  ENXIO: [6, 'No such device or address'],
  E2BIG: [7, 'Argument list too long'],
  ENOEXEC: [8, 'Exec format error'],
  EBADF: [9, 'Bad file descriptor'],
  ECHILD: [10, 'No child processes'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory'],
  EACCES: [13, 'Permission denied'],
  EFAULT: [14, 'Bad address'],
  ENOTBLK: [15, 'Block device required'],
  EBUSY: [16, 'Device or resource busy'],
  EEXIST: [17, 'File exists'],
  EXDEV: [18, 'Invalid cross-device link'],
  ENODEV: [19, 'No such device'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  EMFILE: [24, 'Too many open files'],
  ENOTTY: [25, 'Inappropriate ioctl for device'],
  ETXTBSY: [26, 'Text file busy'],
  EFBIG: [27, 'File too large'],
  ENOSPC: [28, 'No space left on device'],
  ESPIPE: [29, 'Illegal seek'],
  EROFS: [30, 'Read-only file system'],
  EMLINK: [31, 'Too many links'],
  EPIPE: [32, 'Broken pipe'],
  ERANGE: [34, 'Numerical result out of range'],
  ENAMETOOLONG: [36, 'File name too long'],
  ENOSYS: [38, 'Function not implemented'],
  ENOTEMPTY: [39, 'Directory not empty'],
  ELOOP: [40, 'Too many levels of symbolic links'],
  ENODATA: [61, 'No data available'],
  EOVERFLOW: [75, 'Value too large for defined data type'],
  EUSERS: [87, 'Too many users'],
  ENOTSOCK: [88, 'Socket operation on non-socket'],
  EPROTONOSUPPORT: [93, 'Protocol not supported'],
  EOPNOTSUPP: [95, 'Operation not supported'],
  EADDRINUSE: [98, 'Address already in use'],
  EADDRNOTAVAIL: [99, 'Cannot assign requested address'],
  ENETUNREACH: [101, 'Network is unreachable'],
  ECONNRESET: [104, 'Connection reset by peer'],
  ENOTCONN: [107, 'Transport endpoint is not connected'],
  ETIMEDOUT: [110, 'Connection timed out'],
  ECONNREFUSED: [111, 'Connection refused'],
  EHOSTUNREACH: [113, 'No route to host'],
} as const;

export type ErrnoCode = keyof typeof MESSAGES;

/** Thrown by system calls. `libc` is strerror's text, `go` the same as Go prints it (lower-case first letter). */
export class Errno {
  readonly code: ErrnoCode;

  constructor(code: ErrnoCode) {
    this.code = code;
  }

  get errno(): number {
    return MESSAGES[this.code][0];
  }

  get libc(): string {
    return MESSAGES[this.code][1];
  }

  get go(): string {
    return GO_TEXTS[this.code] ?? this.libc.charAt(0).toLowerCase() + this.libc.slice(1);
  }

  toString(): string {
    return this.libc;
  }
}

/** Go's table in package syscall keeps a few words differently from strerror. */
const GO_TEXTS: Partial<Record<ErrnoCode, string>> = {
  EIO: 'input/output error',
  EXDEV: 'invalid cross-device link',
  EOPNOTSUPP: 'operation not supported',
};

const cache = new Map<ErrnoCode, Errno>();

export function errno(code: ErrnoCode): Errno {
  let error = cache.get(code);
  if (error === undefined) {
    error = new Errno(code);
    cache.set(code, error);
  }
  return error;
}

/** The errno of a code that a real machine gave; EIO if this one has none such. */
export function errnoNamed(code: string): Errno {
  return errno(Object.hasOwn(MESSAGES, code) ? (code as ErrnoCode) : 'EIO');
}

/** The errno with that number; EPERM if there is none such here. */
export function errnoNumbered(number: number): ErrnoCode {
  const found = Object.entries(MESSAGES).find(([, [value]]) => value === number);
  return (found?.[0] as ErrnoCode | undefined) ?? 'EPERM';
}

export function isErrno(error: unknown, ...codes: ErrnoCode[]): error is Errno {
  return error instanceof Errno && (codes.length === 0 || codes.includes(error.code));
}
