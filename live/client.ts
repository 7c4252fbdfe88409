import type { LeaveReason } from './happenings.ts'
import type { Frame } from './message.ts'
import type { Format, Topic } from './protocol.ts'
import type { Scope } from './scope.ts'

// One reader of the live stream. Holds always: alarm changes leave in log order and none is skipped; what waits for a slow
// reader is bounded (a queue of alarm changes, a set of sites whose newest value it lacks), and past the bound it is let go.
// A reader is `live` when nothing waits for it; only then are shared frames written to it directly.

/** Unsent bytes of one socket above which nothing more is written: about one second of a slow 2 Mbit/s line. */
export const CLIENT_BUFFER_BYTES_MAX = 256 * 1024
/** Alarm changes that may wait for one reader. Frames are shared, so this costs a pointer each; at ten a second it is eight minutes. */
export const CLIENT_ALARMS_MAX = 5_000
/** Sites whose newest value a reader lacks; beyond it the whole snapshot is cheaper to send, so the reader is let go. 4 MB as a Set. */
export const CLIENT_SITES_MAX = 100_000
/** Frames written in one go before other work gets its turn. */
const FRAMES_PER_TURN = 16

/** The socket as the hub needs it. */
export type Wire = {
  readonly send: (bytes: Uint8Array, format: Format) => void
  readonly buffered: () => number
  readonly close: (code: number, reason: string) => void
  readonly ping: () => void
}
/** Gives frames for the sites in `dirty`, taking what it encodes out of the set. */
export type SitesFrame = (dirty: Set<number>) => Frame | undefined

export type Client = {
  readonly scope: Scope
  readonly format: Format
  readonly topics: ReadonlySet<Topic>
  readonly isLive: () => boolean
  /** An alarm change or an ending: never lost. */
  readonly tell: (frame: Frame) => void
  /** Newest wins: written now, or the sites are remembered. Returns how many sites had to be remembered. */
  readonly tellSites: (frame: Frame, siteNos: readonly number[]) => number
  /** Written now or not at all. */
  readonly tellIfLive: (frame: Frame) => void
  readonly remember: (siteNos: Iterable<number>) => void
  readonly pump: () => void
  readonly ping: () => void
  readonly leave: (reason: LeaveReason) => void
}
export type ClientOptions = {
  readonly scope: Scope
  readonly format: Format
  readonly topics: ReadonlySet<Topic>
  readonly wire: Wire
  /** What is told before anything else: hello, snapshot or missed changes, snapshot-end. Pulled as the socket takes it. */
  readonly opening: Iterator<Frame>
  readonly sitesFrame: SitesFrame
  readonly onLeave: (reason: LeaveReason) => void
}

const CLOSE: Readonly<Record<LeaveReason, readonly [number, string]>> = {
  closed: [1000, 'closed'],
  slow: [4008, 'reading too slowly; resume with since=CURSOR'],
  silent: [4008, 'no answer to pings; resume with since=CURSOR'],
  revoked: [4001, 'the token was revoked'],
  talkative: [1008, 'this stream takes no messages'],
  shutdown: [1001, 'the engine is stopping; resume with since=CURSOR'],
}

export const createClient = (options: ClientOptions): Client => {
  const { wire, format, scope, topics } = options
  let opening: Iterator<Frame> | undefined = options.opening
  let alarms: Frame[] = []
  let alarmsSent = 0
  const dirty = new Set<number>()
  let gone = false
  let scheduled = false

  const room = (): boolean => wire.buffered() < CLIENT_BUFFER_BYTES_MAX
  const write = (frame: Frame): void => wire.send(frame.bytes(format), format)
  const isLive = (): boolean => opening === undefined && alarms.length === 0 && dirty.size === 0 && room()
  const leave = (reason: LeaveReason): void => {
    if (gone) return
    gone = true
    opening = undefined
    alarms = []
    dirty.clear()
    const [code, text] = CLOSE[reason]
    if (reason !== 'closed') wire.close(code, text)
    options.onLeave(reason)
  }

  const nextFrame = (): Frame | undefined => {
    if (opening !== undefined) {
      const step = opening.next()
      if (step.done !== true) return step.value
      opening = undefined
    }
    const frame = alarms[alarmsSent]
    if (frame !== undefined) {
      alarmsSent += 1
      if (alarmsSent === alarms.length) {
        alarms = []
        alarmsSent = 0
      }
      return frame
    }
    return dirty.size > 0 ? options.sitesFrame(dirty) : undefined
  }
  const pump = (): void => {
    if (gone || scheduled) return
    for (let i = 0; i < FRAMES_PER_TURN && room(); i++) {
      const frame = nextFrame()
      if (frame === undefined) return
      write(frame)
    }
    // Still room: go on after others had their turn. No room: the hub's timer comes back.
    if (!room()) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      pump()
    })
  }
  const remember = (siteNos: Iterable<number>): void => {
    if (gone) return
    for (const siteNo of siteNos) dirty.add(siteNo)
    if (dirty.size > CLIENT_SITES_MAX) leave('slow')
  }

  return {
    scope,
    format,
    topics,
    isLive,
    pump,
    leave,
    remember,
    ping: wire.ping,
    tell: (frame) => {
      if (gone) return
      if (isLive()) {
        write(frame)
        return
      }
      alarms.push(frame)
      if (alarms.length - alarmsSent > CLIENT_ALARMS_MAX) leave('slow')
    },
    tellSites: (frame, siteNos) => {
      if (gone) return 0
      if (isLive()) {
        write(frame)
        return 0
      }
      remember(siteNos)
      return siteNos.length
    },
    tellIfLive: (frame) => {
      if (!gone && isLive()) write(frame)
    },
  }
}
