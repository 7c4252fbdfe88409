export const registerRegistryRoutes = (..._: unknown[]): void => undefined
