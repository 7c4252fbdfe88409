import { expect, test } from 'vitest'
import { eventColumns } from '../../core/entry.ts'
import { EVENT, REASON } from '../../core/kinds.ts'
import { POLICY_DEFAULT } from '../../core/policy.ts'
import { createRegistry } from '../../core/registry.ts'
import { admit } from '../../ingest/admit.ts'
import { createDecoded } from '../../ingest/decoded.ts'
import { createEntryBuilder } from '../../ingest/entry-builder.ts'
import { residence, ROOT } from './engine.ts'

const NOW = 1_795_000_000_000
const DAY = 86_400_000
const registry = createRegistry(POLICY_DEFAULT, 4)
registry.apply(
  {
    op: 'put-sites',
    by: ROOT,
    sites: [
      residence('home', 'a', ['00000000000000a1'], NOW),
      { ...residence('over', 'a', ['00000000000000a2'], NOW), observation: { from: NOW - 9 * DAY, until: NOW - 30_000 } },
      { ...residence('old', 'a', ['00000000000000a4'], NOW), observation: { from: NOW - 9 * DAY, until: NOW - 61_000 } },
      {
        site: 'tower',
        area: 'b',
        kind: 'building',
        headcount: -1,
        capacity: null,
        inside: null,
        observation: null,
        seals: [{ id: '00000000000000a3', from: NOW - DAY, until: null }],
      },
    ],
  },
  NOW - 8 * DAY,
)

const judge = (
  event: { readonly low?: number; readonly time?: number; readonly kind?: number; readonly value?: number },
  allowed: Uint8Array | null = null,
) => {
  const events = createDecoded()
  events.low[0] = event.low ?? 0xa1
  events.time[0] = event.time ?? NOW - 1000
  events.kind[0] = event.kind ?? EVENT.DOOR_OPENED
  events.value[0] = event.value ?? 0
  const builder = createEntryBuilder()
  const { reason } = admit(events, 1, { directory: registry.directory(), policy: POLICY_DEFAULT, received: NOW, tokenNo: 7, allowed, listedMax: 10 }, builder)
  const columns = eventColumns(builder.finish(NOW) as Uint8Array)
  return { reason: reason[0] ?? 0, time: columns.time[0], device: columns.deviceTime[0], value: columns.value[0], sender: columns.rejectedSender[0] }
}

test.each([
  ['a known seal', {}, 0],
  ['an unknown seal', { low: 9 }, REASON.UNKNOWN_SEAL],
  ['kind 0', { kind: 0 }, REASON.BAD_KIND],
  ['kind 13', { kind: 13 }, REASON.BAD_KIND],
  ['a negative kind', { kind: -1 }, REASON.BAD_KIND],
  ['too many people', { kind: EVENT.PASSAGE_IN, value: 1001 }, REASON.BAD_VALUE],
  ['as many people as may be', { kind: EVENT.PASSAGE_IN, value: 1000 }, 0],
  ['a negative number of people', { kind: EVENT.ROLL_CALL, value: -1 }, REASON.BAD_VALUE],
  ['a frozen thermometer', { kind: EVENT.TEMPERATURE, value: -50_001 }, REASON.BAD_VALUE],
  ['before the assignment', { low: 0xa3, time: NOW - 2 * DAY }, REASON.NOT_ASSIGNED],
  ['within the observation, which ended 30 s ago', { low: 0xa2, time: NOW - 40_000 }, 0],
  ['after the observation', { low: 0xa2, time: NOW - 20_000 }, REASON.NOT_OBSERVED],
  ['within an observation that ended 61 s ago', { low: 0xa4, time: NOW - 70_000 }, REASON.NOT_OBSERVED],
])('%s', (_, event, reason) => expect(judge(event).reason).toBe(reason))

test('a wrong clock never rejects: the time received is taken, the original kept', () => {
  for (const device of [0, NOW + 120_001, NOW + DAY, 1000, Number.MAX_SAFE_INTEGER])
    expect(judge({ time: device, kind: EVENT.TAMPERED })).toMatchObject({ reason: 0, time: NOW, device, value: 1 })
  expect(judge({ time: NOW + 120_000 })).toMatchObject({ time: NOW + 120_000, device: undefined })
})

test('areas of the sender decide, also for areas newer than its map', () => {
  expect(judge({}, Uint8Array.of(0, 1, 0)).reason).toBe(0)
  expect(judge({ low: 0xa3 }, Uint8Array.of(0, 1, 0))).toMatchObject({ reason: REASON.FORBIDDEN_SEAL, sender: 7 })
  expect(judge({ low: 0xa3 }, Uint8Array.of(0, 1)).reason).toBe(REASON.FORBIDDEN_SEAL)
})
