import type { Server } from 'node:http';

/** Ends the process with a message if no port is to be had. */
export function serveDirectory(options: {
  root?: string;
  port: number;
  portsTried: number;
  host?: string;
}): Promise<{ server: Server; address: string }>;
