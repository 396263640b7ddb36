/** IPv4 addresses as numbers and text. */

export function parseIp(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIp(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** `10.88.0.5/16` -> address and prefix length; a bare address is /32. */
export function parseCidr(text: string): { address: number; prefix: number } | null {
  const [ip, bits] = text.split('/');
  const address = parseIp(ip ?? '');
  const prefix = bits === undefined ? 32 : Number(bits);
  if (address === null || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) return null;
  return { address, prefix };
}

export function networkOf(address: number, prefix: number): number {
  return prefix === 0 ? 0 : Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
}

export function broadcastOf(address: number, prefix: number): number {
  return networkOf(address, prefix) + 2 ** (32 - prefix) - 1;
}
