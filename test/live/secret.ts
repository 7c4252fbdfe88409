/** The secret of the token with this name in the tests of live; the name says role and areas: "operator@fuzhou/gulou". */
export const secretOf = (name: string): string => `test_${Buffer.from(name).toString('base64url')}`
