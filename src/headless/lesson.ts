export async function lesson(_args: string[]): Promise<number> { return 0; }
