import { stampReceived } from '../entry.ts'
import type { Position } from '../ids.ts'
import type { AlarmWork, Principal, RegistryOp, SealAssignment } from '../ops.ts'
import type { PermitChange, SiteChange } from '../registry-changes.ts'
import type { StoredChange, StoredOp, StoredWork } from '../stored-op.ts'
import { registryEntry, workEntry } from './body.ts'
import type { Machine } from './machine.ts'

// What people decided, from the rows of ClickHouse back to entries of the log: sites as they were put, permits, policies, work on
// alarms. The private registry gives numbers of its own, so permits and alarms are found again by what they are about.

export type StoredOps = {
  /** Applies what was received at one time, in order; resolves with what was refused. */
  readonly apply: (ops: readonly StoredOp[], offer: (bytes: Uint8Array) => Position) => Promise<readonly string[]>
  /** The private number of the site that a siteKey names, or 0. */
  readonly siteNo: (siteKey: number) => number
}

const principal = (name: string): Principal => ({ tokenNo: 0, name, role: 'admin', areas: [''] })

export const createStoredOps = (machine: Machine, inside: Readonly<Record<string, number>>): StoredOps => {
  const siteNos = new Map<string, number>()
  const noOfKey = new Map<number, number>()
  const sealsOf = new Map<string, readonly SealAssignment[]>()
  const permitNos = new Map<number, number>()

  const run = async (op: RegistryOp, received: number, offer: (bytes: Uint8Array) => Position): Promise<string | null> => {
    const bytes = registryEntry(op)
    stampReceived(bytes, received)
    const at = offer(bytes)
    await machine.whenApplied(at)
    const result = machine.resultOf(at)
    if (op.op === 'put-permit' && result?.kind === 'permit') lastPermit = permitNoOf(result)
    if (result?.kind === 'refused') return `${op.op}: ${result.detail}`
    const problem = result?.kind === 'sites' ? result.problems[0] : undefined
    return problem === undefined ? null : `${op.op}: ${problem.field}: ${problem.detail}`
  }
  let lastPermit = 0

  const put = async (spec: SiteChange, { received, siteKey }: StoredChange, offer: (bytes: Uint8Array) => Position): Promise<(string | null)[]> => {
    const isNew = !siteNos.has(spec.site)
    const first = isNew ? inside[spec.site] : undefined
    const { ends, ...site } = first === undefined ? spec : { ...spec, inside: first }
    const problems = [await run({ op: 'put-sites', by: principal('replay'), sites: [site] }, received, offer)]
    if (isNew && problems[0] === null) siteNos.set(spec.site, siteNos.size + 1)
    noOfKey.set(siteKey, siteNos.get(spec.site) ?? 0)
    sealsOf.set(spec.site, spec.seals)
    if (ends !== null) problems.push(await run({ op: 'end-observation', by: principal('replay'), site: spec.site, until: ends }, received, offer))
    return problems
  }
  const permit = async ({ permitNo, by, op }: PermitChange, received: number, offer: (bytes: Uint8Array) => Position): Promise<string | null> => {
    if ('permitNo' in op) {
      const no = permitNos.get(permitNo)
      return no === undefined ? null : run({ ...op, by: principal(by), permitNo: no } as RegistryOp, received, offer)
    }
    const problem = await run({ ...op, by: principal(by) } as RegistryOp, received, offer)
    if (problem === null) permitNos.set(permitNo, lastPermit)
    return problem
  }
  const work = async (done: StoredWork, offer: (bytes: Uint8Array) => Position): Promise<void> => {
    const id = machine.alarm(done.id)?.id ?? sameAlarm(machine, done)
    if (id === undefined) return
    const bytes = workEntry(workOp(done, id))
    stampReceived(bytes, done.received)
    await machine.whenApplied(offer(bytes))
  }
  const apply: StoredOps['apply'] = async (ops, offer) => {
    const problems: (string | null)[] = []
    for (const change of givenUp(ops, sealsOf)) problems.push(...(await put(change.body as SiteChange, change, offer)))
    for (const op of ops) {
      if (op.kind === 'work') await work(op, offer)
      else if (op.kind === 'policy')
        problems.push(await run({ op: 'put-policy', by: principal(op.by), document: op.document, expected: null }, op.received, offer))
      else if (op.what === 'site') problems.push(...(await put(op.body as SiteChange, op, offer)))
      else problems.push(await permit(op.body as PermitChange, op.received, offer))
    }
    return problems.filter((problem) => problem !== null)
  }
  return { apply, siteNo: (siteKey) => noOfKey.get(siteKey) ?? 0 }
}

const permitNoOf = (result: object): number =>
  'permit' in result ? (result.permit as { readonly permitNo: number }).permitNo : (result as { readonly permitNo: number }).permitNo

/** Where one entry moved a seal from site to site, the one that gives it up must go first: its row without what it is to get. */
const givenUp = (ops: readonly StoredOp[], sealsOf: ReadonlyMap<string, readonly SealAssignment[]>): readonly StoredChange[] => {
  const changes = ops.filter((op): op is StoredChange => op.kind === 'change' && op.what === 'site')
  if (changes.length < 2) return []
  return changes.flatMap((change) => {
    const spec = change.body as SiteChange
    const before = sealsOf.get(spec.site)
    const kept = spec.seals.filter(({ id }) => before?.some((seal) => seal.id === id))
    return before === undefined || kept.length === before.length ? [] : [{ ...change, body: { ...spec, seals: kept } }]
  })
}

const sameAlarm = (machine: Machine, { alarm, site, seal }: StoredWork): string | undefined => {
  for (const open of machine.openAlarms()) if (open.kind === alarm && open.site === site && open.seal === seal) return open.id
  return undefined
}

const workOp = ({ step, by }: StoredWork, id: string): AlarmWork => ({
  op: step === 'cleared' ? 'clear' : 'acknowledge',
  id,
  by: principal(by),
  note: 'as stored',
})
