import { checkAll } from './check.ts'
import { startClients } from './clients.ts'
import { endFaults, scheduleFaults, watchOver } from './faults.ts'
import { installFolders } from './folders.ts'
import { startReader } from './reader.ts'
import { installVirtualTime, ownerOf } from './time.ts'
import { createWorld, type RunOptions } from './world.ts'

// One seeded run: load and faults for some seconds of virtual time, then everything is mended, everything settles, and is checked.

export type RunResult = {
  readonly seed: number
  readonly hash: string
  readonly complaints: readonly string[]
  readonly lines: readonly string[]
  readonly faults: ReadonlyMap<string, number>
  readonly entries: number
  readonly receipted: number
  readonly steps: number
  readonly connections: number
}

const SETTLE_MS_MAX = 150_000
/** Hundreds of steps wait for a slow reader at most. */
const TOLD_MS_MAX = 30_000
let installed = false

export const runSeed = async (options: RunOptions): Promise<RunResult> => {
  if (!installed) {
    installVirtualTime()
    installFolders()
    installed = true
  }
  const world = createWorld(options)
  const { time, figures } = world
  const unhandled = (error: unknown): void => world.complain(`unhandled: ${(error as Error).stack ?? String(error)}`)
  process.on('unhandledRejection', unhandled)
  try {
    scheduleFaults(world)
    watchOver(world)
    const clients = startClients(world)
    const readers = [startReader(world, 1), startReader(world, 2)]
    const conductor = ownerOf('conductor')
    let over = false
    time.after(conductor, figures.loadMs, () => endFaults(world))
    // Stats bring the cursor to readers for whom nothing waits, once a second.
    const told = (until: number): void => {
      const applied = world.engine?.machine.applied() ?? 0
      over = time.now() > until || readers.every(({ cursor }) => (cursor() ?? 0) >= applied)
      if (!over) time.after(conductor, 100, () => told(until))
    }
    const settle = (): void => {
      const { engine } = world
      if (!world.calm || engine === undefined || !clients.idle()) return void time.after(conductor, 100, settle)
      time.after(engine.process, 0, () => {
        engine.finish().then(
          () => told(time.now() + TOLD_MS_MAX),
          (error: unknown) => world.complain(`did not finish: ${(error as Error).message}`),
        )
      })
    }
    time.after(conductor, figures.loadMs + 100, settle)
    await time.run(() => over || world.complaints.length > 0, figures.loadMs + SETTLE_MS_MAX)
    if (!over && world.complaints.length === 0)
      world.complain(`not settled: ${JSON.stringify(world.engine?.sink.pending())}, clients idle: ${clients.idle()}, in ${SETTLE_MS_MAX} ms`)
    if (over) await checkAll(world, clients, readers)
    const { lines, hash } = world.traced()
    return {
      seed: options.seed,
      hash,
      lines,
      complaints: world.complaints,
      faults: world.faults,
      entries: world.disk.entries.length,
      receipted: clients.receipted.size,
      steps: readers.reduce((sum, { connections }) => sum + connections.reduce((all, { steps }) => all + steps.length, 0), 0),
      connections: readers.reduce((sum, { connections }) => sum + connections.length, 0),
    }
  } catch (error) {
    world.complain(`threw: ${(error as Error).stack}`)
    const { lines, hash } = world.traced()
    return {
      seed: options.seed,
      hash,
      lines,
      complaints: world.complaints,
      faults: world.faults,
      entries: world.disk.entries.length,
      receipted: 0,
      steps: 0,
      connections: 0,
    }
  } finally {
    world.process.alive = false
    process.off('unhandledRejection', unhandled)
  }
}
