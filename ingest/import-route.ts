export const registerImportRoute = (..._: unknown[]): void => undefined
