// Identities. Brands keep them from mixing; each is minted here, by a function that checks. Times are plain Unix ms: their names say
// whose clock they are of (`time`: the seal's; `received`, `now`: the engine's), as they live in typed arrays.
// Dense numbers (sealNo, watchNo, siteNo, siteKey, areaKey) are plain numbers: indices into the tables of one machine.

declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** A seal's 64-bit id as 16 lower-case hex digits. */
export type SealId = Brand<string, 'SealId'>
/** A site's pseudonymous id: 1 to 64 characters of `[A-Za-z0-9._:-]`. */
export type SiteId = Brand<string, 'SiteId'>
/** An administrative path, coarse to fine, `/`-separated. */
export type Area = Brand<string, 'Area'>
/** Position of an entry in one partition's log: 1, 2, 3 … without gaps. */
export type Position = Brand<number, 'Position'>

const SITE = /^[A-Za-z0-9._:-]{1,64}$/
const SEAL = /^[0-9a-f]{16}$/
const AREA_SEGMENT = /^[\p{L}\p{N}._:-]{1,64}$/u
/** Deepest path allowed: city, district, street, community, building and three of room. */
const AREA_DEPTH_MAX = 8

export const isSiteId = (text: string): text is SiteId => SITE.test(text)
export const isSealId = (text: string): text is SealId => SEAL.test(text)
export const isArea = (text: string): text is Area => {
  const segments = text.split('/')
  return segments.length <= AREA_DEPTH_MAX && segments.every((segment) => AREA_SEGMENT.test(segment))
}

export const sealId = (low: number, high: number): SealId => ((high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')) as SealId
export const sealLow = (id: SealId): number => Number.parseInt(id.slice(8), 16)
export const sealHigh = (id: SealId): number => Number.parseInt(id.slice(0, 8), 16)

/** True where `area` is `prefix` or lies below it; the empty prefix covers all. Compares whole segments. */
export const areaCovers = (prefix: string, area: string): boolean => prefix === '' || area === prefix || area.startsWith(`${prefix}/`)

export const position = (n: number): Position => checked(n) as Position

const checked = (n: number): number => {
  if (!Number.isSafeInteger(n)) throw new RangeError(`not a whole number: ${n}`)
  return n
}
