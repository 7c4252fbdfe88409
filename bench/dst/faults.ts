import { crashLogDisk } from './log.ts'
import { startEngine } from './engine.ts'
import { ownerOf } from './time.ts'
import type { World } from './world.ts'

// What breaks in a simulated run, and when: drawn from the seed. Each fault is counted by its kind. `watchOver` starts the engine whenever
// none runs, as whatever starts it in production would.

const owner = ownerOf('faults')

export const watchOver = (world: World): void => {
  const start = (): void => {
    if (world.down || !world.store.server.up) return void world.time.after(owner, 50, start)
    const mine = ownerOf('engine')
    world.process = mine
    world.time.after(mine, 0, () => {
      startEngine(world, mine).then(
        (engine) => {
          if (mine.alive) world.engine = engine
        },
        (error: unknown) => {
          const { message, stack } = error as Error
          if (/ENOSPC|budget/.test(message)) world.trace(`engine: did not start: ${message}`)
          else world.complain(`the engine did not start: ${stack}`)
          mine.alive = false
        },
      )
    })
    const look = (): void => {
      if (mine.alive) return void world.time.after(owner, 40, look)
      if (world.engine?.process === mine) world.engine = undefined
      start()
    }
    world.time.after(owner, 40, look)
  }
  start()
}

export const crash = (world: World, powerLost = false): void => {
  world.trace(powerLost ? 'POWER LOST' : 'CRASH')
  world.process.alive = false
  if (world.engine !== undefined) world.engine = undefined
  crashLogDisk(world.disk, world.random, powerLost)
  if (powerLost) world.folders.losePower(world.random)
  const { server } = world.store
  if (server.embedded || powerLost) {
    if (server.up) world.store.kill(powerLost)
    world.time.after(owner, world.random.int(20, 400), () => world.store.start())
  }
}
const outage = (world: World, powerLost: boolean): void => {
  world.store.kill(powerLost)
  world.time.after(owner, world.random.int(50, 2500), () => world.store.start())
}
/** Sets something, and sets it back after a while. */
const forAWhile = (world: World, msMax: number, set: (on: boolean) => void): void => {
  set(true)
  world.time.after(owner, world.random.int(100, msMax), () => set(false))
}

type Fault = (world: World) => void
const FAULTS: Readonly<Record<string, Fault>> = {
  crash: (world) => crash(world),
  'crash at a step': (world) => world.afterLines(world.random.int(1, 40), () => crash(world)),
  'crash, and again while recovering': (world) => {
    crash(world)
    world.afterLines(world.random.int(1, 8), () => crash(world))
  },
  'clickhouse killed': (world) => outage(world, false),
  'clickhouse killed between token and part': (world) => void (world.store.server.killAt = 'token'),
  'clickhouse killed between part and answer': (world) => void (world.store.server.killAt = 'part'),
  'token, part, then crash': (world) => {
    world.store.server.killAt = world.random.pick(['token', 'part'] as const)
    world.afterLines(world.random.int(1, 25), () => crash(world))
  },
  'answers lost': (world) => forAWhile(world, 3000, (on) => void (world.store.server.loss = on ? 0.5 : 0)),
  'clickhouse answers 500': (world) => forAWhile(world, 2000, (on) => void (world.store.server.failing = on)),
  'clickhouse hangs': (world) => void (world.store.server.hungUntil = world.time.now() + world.random.int(500, 4000)),
  'clickhouse slow': (world) => forAWhile(world, 4000, (on) => void (world.store.server.slow = on ? 200 : 1)),
  'content refused': (world) => {
    const table = world.random.pick(['events', 'alarms', 'traffic_1m'])
    forAWhile(world, 1500, (on) => void (on ? world.store.server.refused.add(table) : world.store.server.refused.delete(table)))
  },
  'disk full': (world) =>
    forAWhile(world, 2000, (on) => {
      world.disk.full = on
      world.folders.fault = on ? 'ENOSPC' : null
    }),
  'disk slow': (world) => forAWhile(world, 2000, (on) => void (world.disk.slow = on ? 30 : 1)),
  'newest snapshot damaged': (world) => {
    if (world.folders.damageNewest(`${world.folders.root}/snapshots`, world.random) !== undefined) crash(world)
  },
  'clock stepped': (world) => void (world.time.wall += world.random.pick([-3_600_000, -5000, 5000, 60_000, 600_000])),
  'clean stop': (world) => {
    const { engine } = world
    world.engine = undefined
    if (engine === undefined) return
    world.time.after(engine.process, 0, () => {
      engine.stop().catch((error: unknown) => world.complain(`the engine did not stop: ${(error as Error).message}`))
    })
  },
}
const POWER_FAULTS: Readonly<Record<string, Fault>> = {
  'power lost': (world) => crash(world, true),
  'power lost at a step': (world) => world.afterLines(world.random.int(1, 40), () => crash(world, true)),
  'clickhouse loses power': (world) => outage(world, true),
  'answers lost, then clickhouse loses power': (world) => {
    forAWhile(world, 3000, (on) => void (world.store.server.loss = on ? 0.6 : 0))
    world.afterLines(world.random.int(5, 60), () => outage(world, true))
  },
}

export const scheduleFaults = (world: World): void => {
  const { random, figures, options } = world
  world.store.server.embedded = random.chance(0.5)
  const kinds = Object.entries(options.powerLoss ? { ...FAULTS, ...POWER_FAULTS } : FAULTS)
  const count = random.int(1, 6)
  for (let i = 0; i < count; i += 1) {
    const [name, fault] = options.powerLoss && i === 0 ? random.pick(Object.entries(POWER_FAULTS)) : random.pick(kinds)
    world.time.after(owner, random.int(1000, figures.loadMs), () => {
      if (world.calm) return
      world.trace(`FAULT ${name}`)
      world.faults.set(name, (world.faults.get(name) ?? 0) + 1)
      fault(world)
    })
  }
}
export const endFaults = (world: World): void => {
  const { server } = world.store
  world.calm = true
  server.loss = 0
  server.failing = false
  server.slow = 1
  server.killAt = null
  server.refused.clear()
  world.disk.full = false
  world.disk.slow = 1
  world.folders.fault = null
}
