const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/** Whether a request comes from this machine, by its peer's address. */
export const isLoopback = (ip: string): boolean => LOOPBACK.has(ip)
