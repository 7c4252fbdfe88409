import { POLICY_DEFAULT, type KindPolicy, type Policy } from '../../core/policy.ts'

// The built-in policy with its times made short, so that what takes minutes and weeks (offline, held open, escalation, expiry) happens within
// the seconds of a simulated run.

const SECOND = 1000
const quick = (kind: KindPolicy): KindPolicy => ({
  ...kind,
  heartbeatMs: SECOND,
  heartbeatsMissedMax: 2,
  permitGraceMs: SECOND,
  doorHeldOpenMs: kind.doorHeldOpenMs === null ? null : 2 * SECOND,
  settleMs: 3 * SECOND,
  beamBlockedMs: 2 * SECOND,
  flapWindowMs: 4 * SECOND,
  flapEventsMin: 5,
  openingsPerHourMax: kind.openingsPerHourMax === null ? null : 4,
  gapGraceMs: 2 * SECOND,
  gapEventsMin: 2,
  headcountGraceMs: 2 * SECOND,
  offScheduleHoldMs: 2 * SECOND,
  closingGraceMs: 2 * SECOND,
  quietMs: 5 * SECOND,
  holdDownMs: SECOND,
  escalateMs: { critical: [2 * SECOND, 5 * SECOND], major: [3 * SECOND, 6 * SECOND], minor: [6 * SECOND], info: [] },
})

/** What is fixed in production: residences are forgotten after seconds here. */
const SHORT_LIVED = { observationTailMs: SECOND, residenceRetentionMs: 3 * SECOND } as unknown as Pick<Policy, 'observationTailMs' | 'residenceRetentionMs'>

export const POLICY: Policy = {
  ...POLICY_DEFAULT,
  outageSealsMin: 4,
  ...SHORT_LIVED,
  kinds: { residence: quick(POLICY_DEFAULT.kinds.residence), building: quick(POLICY_DEFAULT.kinds.building), gate: quick(POLICY_DEFAULT.kinds.gate) },
}
