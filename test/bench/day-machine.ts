import type { Raised } from '../../bench/simulate/check.ts'
import { createPlayer } from '../../bench/simulate/player.ts'
import { DAY, type Permit, type Plan, SECOND } from '../../bench/simulate/plan.ts'
import { siteLines } from '../../bench/simulate/register.ts'
import { GRID_MS } from '../../bench/simulate/slots.ts'
import { seeded } from '../../bench/random.ts'
import type { EventArrays } from '../../bench/wire.ts'
import type { Position } from '../../core/ids.ts'
import type { PermitSpec, SiteSpec } from '../../core/ops.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import type { Machine } from '../../core/thread/machine.ts'
import type { MachineOptions } from '../../core/thread/machine-run.ts'
import { admit } from '../../ingest/admit.ts'
import { createEntryBuilder } from '../../ingest/entry-builder.ts'
import { putPermit, putSites, tick } from '../core/entries.ts'
import { startTestMachine } from '../core/thread/history.ts'

// A simulated day through ingest's admission and the real machine, in this process: what `simulate --day --check` does, without the
// log, HTTP and ClickHouse between.

/** A midnight at +08:00. */
export const START = Date.UTC(2026, 10, 24, 16)

const siteSpecs = (plan: Plan): SiteSpec[] =>
  siteLines(plan, { startMs: START }).map((line) => {
    const site = JSON.parse(line) as Omit<SiteSpec, 'observation' | 'seals'> & {
      observation?: { from: string; until: string }
      seals: readonly { id: string; from: string }[]
    }
    return {
      ...site,
      observation: site.observation === undefined ? null : { from: Date.parse(site.observation.from), until: Date.parse(site.observation.until) },
      seals: site.seals.map(({ id, from }) => ({ id, from: Date.parse(from), until: null })),
    }
  })
const permitSpec = (plan: Plan, { site, from, until, openings, reason, weekly, declaredAt }: Permit): PermitSpec => ({
  site: (plan.sites[site] as { id: string }).id,
  from: START + from,
  until: START + until,
  openings,
  reason,
  ...(weekly === undefined ? {} : { weekly: { days: [0, 1, 2, 3, 4, 5, 6], from: weekly.from / 60_000, until: weekly.until / 60_000 } }),
  ...(declaredAt === undefined ? {} : { source: 'declaration' as const }),
})

export type DayPlayed = { readonly raised: readonly Raised[]; readonly raw: ReadonlyMap<string, number>; readonly net: Int32Array }
const builder = createEntryBuilder()
/** Entries offered before their effects are waited for. */
const AHEAD = 400

export const playDayInMachine = async (plan: Plan, seed: number, run: MachineOptions['run']): Promise<DayPlayed> => {
  const machine = await startTestMachine(run)
  const raised: Raised[] = []
  machine.onRound(({ alarmSteps }) => {
    for (const { step, id, kind, site, seal, area, severity, received } of alarmSteps)
      if (step === 'raised') raised.push({ id, kind, site, seal, area, severity, received: received - START })
  })
  let position = 0
  const offer = async (bytes: Uint8Array | undefined): Promise<void> => {
    if (bytes === undefined) return
    position += 1
    machine.offer(position as Position, bytes)
    if (position % AHEAD === 0) await applied()
  }
  const applied = (): Promise<unknown> => Promise.race([machine.whenApplied(position as Position), machine.failed])
  await offer(tick(START - SECOND))
  await offer(putSites(START - SECOND, siteSpecs(plan)))
  for (const permit of plan.permits) if (permit.declaredAt === undefined) await offer(putPermit(START - SECOND, permitSpec(plan, permit)))
  await applied()
  const declared = plan.permits.filter(({ declaredAt }) => declaredAt !== undefined).sort((a, b) => (a.declaredAt as number) - (b.declaredAt as number))
  const player = createPlayer(plan, { startMs: START, stepMs: GRID_MS, random: seeded(seed).fork(0x9147) })
  const step = async (): Promise<number> => {
    const { untilMs, events } = player.step()
    while (declared.length > 0 && ((declared[0] as Permit).declaredAt as number) <= untilMs)
      await offer(putPermit(START + untilMs - GRID_MS, permitSpec(plan, declared.shift() as Permit)))
    await offer(tick(START + untilMs))
    await offer(entryOf(machine, events, START + untilMs))
    return untilMs
  }
  while ((await step()) < DAY);
  player.end()
  while (player.waiting() > 0) await step()
  await applied()
  await offer(tick(START + DAY + 2 * GRID_MS))
  await applied()
  const raw = new Map(machine.sites(0, plan.sites.length + 1, '').map((site): [string, number] => [site.site, site.raw]))
  await machine.stop()
  return { raised, raw, net: player.net() }
}

const entryOf = (machine: Machine, events: EventArrays, received: number): Uint8Array | undefined => {
  if (events.count === 0) return undefined
  const admission = { directory: machine.directory(), policy: POLICY_DEFAULT, received, tokenNo: 1, allowed: null, listedMax: 1_000_000 }
  admit({ ...events, kind: Int32Array.from(events.kind) }, events.count, admission, builder)
  return builder.finish(received)
}
