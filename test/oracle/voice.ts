import { ALARMS } from './words.ts'
import { isInForce, say, VOICES, type VoiceKind, type Watch, type World } from './world.ts'

// How instant conditions speak: at once, then at most once between two ticks; what happened meanwhile is told at the next tick.

/** Fevers are told one by one until so many between two ticks; the rest as one. */
const FEVERS_MAX = 16

type Told = { readonly time: number; readonly value: number; readonly boot?: number; readonly seq?: number }
const tell = (world: World, watch: Watch, kind: VoiceKind, state: 'began' | 'momentary' | 'again' | 'ended', told: Told): void => {
  if (state === 'began') watch.memory.voices[kind].told = true
  if (state === 'ended') watch.memory.voices[kind].told = false
  say(world, { kind, state, site: watch.site, seal: watch.seal, ...told })
}

/** An event says that the condition holds. */
export const holds = (world: World, watch: Watch, kind: VoiceKind, { time, value }: Told): void => {
  const voice = watch.memory.voices[kind]
  voice.holds = true
  if (voice.spoke) {
    voice.missed += 1
    return
  }
  voice.spoke = true
  if (voice.told) tell(world, watch, kind, 'again', { time, value: 1 })
  else tell(world, watch, kind, 'began', { time, value })
}
/** An event says that it is gone. */
export const gone = (world: World, watch: Watch, kind: VoiceKind, told: Told): void => {
  const voice = watch.memory.voices[kind]
  voice.holds = false
  if (!voice.told || voice.spoke) return
  voice.spoke = true
  tell(world, watch, kind, 'ended', told)
}
/** It happened, and is over. */
export const happened = (world: World, watch: Watch, kind: VoiceKind, told: Told): void => {
  const voice = watch.memory.voices[kind]
  if (kind === 'fever') {
    voice.missed += 1
    if (voice.missed <= FEVERS_MAX) tell(world, watch, kind, 'momentary', told)
  } else if (voice.spoke) voice.missed += 1
  else {
    voice.spoke = true
    tell(world, watch, kind, 'momentary', told)
  }
}

/** At a tick: what was kept back. */
export const tellKept = (world: World, watch: Watch): void => {
  const inForce = isInForce(world, watch)
  for (const kind of VOICES) {
    const voice = watch.memory.voices[kind]
    const count = voice.missed
    voice.missed = 0
    voice.spoke = false
    if (kind === 'fever') {
      if (count > FEVERS_MAX) tell(world, watch, kind, 'again', { time: world.now, value: count - FEVERS_MAX })
      continue
    }
    if (count === 0 && voice.holds === voice.told) continue
    const wasTold = voice.told
    const told = { time: voice.since === 0 ? world.now : voice.since, value: voice.value }
    if (inForce) {
      voice.spoke = true
      const known = wasTold || (!voice.holds && ALARMS[kind].personCloses)
      if (!known) tell(world, watch, kind, voice.holds ? 'began' : 'momentary', told)
      const more = known ? count : count - 1
      if (more > 0) tell(world, watch, kind, 'again', { ...told, value: more })
    }
    if (wasTold && !voice.holds) tell(world, watch, kind, 'ended', { ...told, value: 0 })
  }
}

/** The watch is over. */
export const silence = (world: World, watch: Watch): void => {
  for (const kind of VOICES) {
    const voice = watch.memory.voices[kind]
    voice.holds = false
    if (voice.told) tell(world, watch, kind, 'ended', { time: world.now, value: 0 })
  }
}
