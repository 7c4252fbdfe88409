export const registerTokenRoutes = (..._: unknown[]): void => undefined
