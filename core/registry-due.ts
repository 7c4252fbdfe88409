// What the registry must do at a time: a binary heap of (time, what, number). Entries are never removed when plans change: who
// takes one checks it against the tables, so a stale one is dropped. It is rebuilt from the tables at a restore, not kept.

export const DUE = { siteEnds: 0, siteExpires: 1, watchEnds: 2 } as const
export type DueKind = (typeof DUE)[keyof typeof DUE]
export type DueItem = { readonly at: number; readonly kind: DueKind; readonly no: number }
export type Due = { readonly at: number[]; readonly code: number[] }

const KINDS = 4

export const createDue = (): Due => ({ at: [], code: [] })

export const pushDue = (due: Due, at: number, kind: DueKind, no: number): void => {
  let child = due.at.length
  due.at.push(at)
  due.code.push(no * KINDS + kind)
  while (child > 0) {
    const parent = (child - 1) >>> 1
    if ((due.at[parent] as number) <= (due.at[child] as number)) return
    swap(due, parent, child)
    child = parent
  }
}

/** When the earliest item is due; Infinity where there is none. A stale one counts too. */
export const nextDue = (due: Due): number => due.at[0] ?? Infinity

/** Takes the earliest item that is due at `now`, or undefined. */
export const takeDue = (due: Due, now: number): DueItem | undefined => {
  const at = due.at[0]
  if (at === undefined || at > now) return undefined
  const code = due.code[0] as number
  const last = due.at.length - 1
  swap(due, 0, last)
  due.at.pop()
  due.code.pop()
  sink(due, last)
  return { at, kind: (code % KINDS) as DueKind, no: Math.floor(code / KINDS) }
}

const sink = (due: Due, length: number): void => {
  let parent = 0
  for (;;) {
    let least = parent
    for (const child of [2 * parent + 1, 2 * parent + 2]) {
      if (child < length && (due.at[child] as number) < (due.at[least] as number)) least = child
    }
    if (least === parent) return
    swap(due, parent, least)
    parent = least
  }
}

const swap = (due: Due, a: number, b: number): void => {
  const [at, code] = [due.at[a] as number, due.code[a] as number]
  due.at[a] = due.at[b] as number
  due.code[a] = due.code[b] as number
  due.at[b] = at
  due.code[b] = code
}
