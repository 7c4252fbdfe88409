import type { Directory } from './directory.ts'

/**
 * The watch that goes on where this one was: the same seal at the same site under a newer key, from the moment that this one ended
 * (a site that moves to another area splits its watches, and their state goes with the newest); or itself.
 */
export const heirOf = ({ seals, watches }: Directory, watch: number): number => {
  const { seal, site, from, until, previous } = watches.columns
  const head = seals.columns.head[seal[watch] as number] as number
  let heir = watch
  while (heir !== head) {
    let next = head
    while (previous[next] !== heir) next = previous[next] as number
    if (site[next] !== site[heir] || from[next] !== until[heir]) break
    heir = next
  }
  return heir
}
