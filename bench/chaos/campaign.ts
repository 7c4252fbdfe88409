import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, scratchDir } from '../engine.ts'
import { apiOk } from '../http.ts'
import { seeded } from '../random.ts'
import type { Target } from '../target.ts'
import { checkAll } from './checks.ts'
import { sealsFrom, startLoad, type Load } from './clients.ts'
import { FAULTS, type Fault, type Tools } from './faults.ts'
import { canMount, createWorld, type Setting, type World } from './world.ts'
import { startWatcher } from './watcher.ts'

// Episodes of rounds: an episode is one data folder under one setting; a round is one fault under load, then silence, then everything
// is checked. The seed gives the schedule; how processes interleave is the machine's.

export type CampaignOptions = {
  readonly seed: number
  /** Ends after the round in which this time is up, or after so many rounds. */
  readonly minutes: number
  readonly roundsMax?: number
  readonly roundsPerEpisode: number
  readonly settings: readonly Setting[]
  readonly faults?: readonly string[]
  readonly strace: string | null
  readonly say: (line: string) => void
}
export type Tally = { readonly target: Fault['target']; readonly name: string; readonly setting: Setting; rounds: number }
export type CampaignResult = {
  readonly seed: number
  readonly rounds: number
  readonly events: number
  readonly receipts: number
  readonly resent: number
  readonly alarms: number
  readonly complaints: readonly string[]
  readonly tallies: readonly Tally[]
  readonly startSeconds: readonly number[]
  readonly rejoined: { readonly resumed: number; readonly anew: number }
  /** Faults that could not be had here, and why. */
  readonly left: readonly string[]
}

const SEALS = 60
const DAY = 86_400_000

export const runCampaign = async (options: CampaignOptions): Promise<CampaignResult> => {
  const random = seeded(options.seed).unit
  const until = performance.now() + options.minutes * 60_000
  const left: string[] = []
  const settings = options.settings.filter((setting) => setting !== 'small-disk' || canMount() || !left.push('small disks: this machine does not let us mount'))
  if (options.strace === null) left.push('kills at system calls: no strace')
  const sum = { rounds: 0, events: 0, receipts: 0, resent: 0, alarms: 0 }
  const rejoined = { resumed: 0, anew: 0 }
  const complaints: string[] = []
  const startSeconds: number[] = []
  const tallies = new Map<string, Tally>()
  const roundsMax = options.roundsMax ?? Infinity
  for (let episode = 0; performance.now() < until && sum.rounds < roundsMax && complaints.length === 0; episode += 1) {
    const setting = settings[episode % settings.length] as Setting
    const played = await playEpisode(setting, { options, random, until, roundsLeft: roundsMax - sum.rounds, episode })
    for (const key of ['rounds', 'events', 'receipts', 'resent', 'alarms'] as const) sum[key] += played[key]
    rejoined.resumed += played.rejoined.resumed
    rejoined.anew += played.rejoined.anew
    complaints.push(...played.complaints)
    startSeconds.push(...played.startSeconds)
    for (const { target, name } of played.faults) {
      const key = `${target} ${name} ${setting}`
      const tally = tallies.get(key) ?? { target, name, setting, rounds: 0 }
      tally.rounds += 1
      tallies.set(key, tally)
    }
  }
  return { seed: options.seed, ...sum, complaints, tallies: [...tallies.values()], startSeconds, rejoined, left }
}

type Episode = {
  readonly options: CampaignOptions
  readonly random: () => number
  readonly until: number
  readonly roundsLeft: number
  readonly episode: number
}

const playEpisode = async (setting: Setting, { options, random, until, roundsLeft, episode }: Episode) => {
  const inspectorPort = await freePort()
  const scratch = scratchDir('chaos-tools')
  const clockFile = join(scratch, 'clock')
  writeFileSync(clockFile, '0')
  process.env['SEALSTREAM_CLOCK_SHIFT'] = clockFile
  const shim = fileURLToPath(new URL('./clock-shift.js', import.meta.url))
  const world = await createWorld(setting, [`--inspect=127.0.0.1:${inspectorPort}`, '--import', shim])
  const tools: Tools = { random, strace: options.strace, inspectorPort, clockFile }
  const faults: Fault[] = []
  const complaints: string[] = []
  let [events, alarms] = [0, 0]
  try {
    await world.start()
    const seals = sealsFrom(0xd0001 + episode * 1_000, SEALS)
    await registerFleet(world.target() as Target, seals)
    const load = startLoad({ target: world.target, clients: 4, seals, batch: 50, random: seeded(options.seed).fork(episode).unit })
    const watcher = startWatcher(world.target)
    for (let round = 0; round < Math.min(options.roundsPerEpisode, roundsLeft) && performance.now() < until; round += 1) {
      const fault = pick(setting, options, random)
      const began = performance.now()
      load.resume()
      await sleep(200 + random() * 800)
      await fault.apply(world, tools)
      if (!world.isRunning()) await world.start()
      await sleep(300 + random() * 700)
      await pauseLoad(world, load)
      const found = await checkAll(world, load, watcher)
      faults.push(fault)
      events = found.events
      alarms = found.alarms
      options.say(
        `${setting}: ${fault.target} ${fault.name}: ${found.events} events, ${found.alarms} alarms, ${((performance.now() - began) / 1000).toFixed(1)} s${found.complaints.length === 0 ? '' : ' WRONG'}`,
      )
      if (found.complaints.length > 0) {
        complaints.push(...found.complaints.map((line) => `seed ${options.seed}, ${setting}, after ${fault.target} ${fault.name}: ${line}`))
        for (const line of world.lines.slice(-8)) options.say(`  engine: ${line.slice(0, 400)}`)
        break
      }
    }
    load.resume()
    await load.finish()
    watcher.close()
    return {
      rounds: faults.length,
      events,
      alarms,
      receipts: load.counts.receipts,
      resent: load.counts.resent,
      rejoined: watcher.joined(),
      complaints,
      faults,
      startSeconds: world.startSeconds,
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\nthe engine's last lines:\n  ${world.lines.slice(-10).join('\n  ')}`, { cause: error })
  } finally {
    await world.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Lets the clients finish what they hold. An engine that ends by itself meanwhile (status 70) is started again, as its supervisor would. */
const pauseLoad = async (world: World, load: Load): Promise<void> => {
  let done = false
  const paused = load.pause().finally(() => {
    done = true
  })
  while (!done) {
    if (!world.isRunning()) await world.start()
    await sleep(50)
  }
  await paused
}

const pick = (setting: Setting, { faults, strace }: CampaignOptions, random: () => number): Fault => {
  const fit = FAULTS.filter(
    (fault) =>
      fault.settings.includes(setting) &&
      (fault.needsStrace !== true || strace !== null) &&
      (faults === undefined || faults.some((name) => `${fault.target} ${fault.name}`.includes(name))),
  )
  const fault = fit[Math.floor(random() * fit.length)]
  if (fault === undefined) throw new Error(`no fault fits ${setting}`)
  return fault
}

/** Homes and towers, one seal each, in three areas. */
export const registerFleet = async (target: Target, seals: readonly string[]): Promise<void> => {
  const iso = (ms: number): string => new Date(ms).toISOString()
  const now = Date.now()
  const body = seals
    .map((seal, n) => {
      const home = n % 2 === 0
      return JSON.stringify({
        site: `${home ? 'home' : 'tower'}-${seal}`,
        area: `fuzhou/gulou/antai/${n % 3}`,
        kind: home ? 'residence' : 'building',
        headcount: home ? 2 : 100_000,
        capacity: null,
        inside: null,
        observation: home ? { from: iso(now - DAY), until: iso(now + DAY) } : null,
        seals: [seal],
      })
    })
    .join('\n')
  await apiOk(target, 'admin', { path: '/v1/sites/import', text: { type: 'application/x-ndjson', body } })
}
