export const registerWorkRoutes = (..._: unknown[]): void => undefined
