import type { Evidence } from '../core/evidence.ts'

// Evidence as programs read it: the same as core/evidence.ts has, with times as ISO-8601 UTC and no number that is only ours.

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : iso(ms))

export const evidenceBody = ({ alarm, steps, events, permits, site, occupancy, policy, recomputation, says, rule }: Evidence): object => ({
  alarm: { ...alarm, since: iso(alarm.since), raisedAt: iso(alarm.raisedAt), closedAt: isoOrNull(alarm.closedAt) },
  says,
  rule,
  policy: { ...policy, since: isoOrNull(policy.since) },
  steps: steps.map(({ step, severity, time, received, by, note, repeats, value }) => ({
    step,
    severity,
    time: iso(time),
    received: iso(received),
    by,
    note,
    repeats,
    value,
  })),
  events: {
    ...events,
    from: iso(events.from),
    until: iso(events.until),
    items: events.items.map(({ time, received, deviceTime, ...event }) => ({
      ...event,
      time: iso(time),
      received: iso(received),
      deviceTime: deviceTime === time ? null : iso(deviceTime),
      permit: event.permit === 0 ? null : String(event.permit),
    })),
  },
  permits: permits.map(({ permit, from, until, ...rest }) => ({ permit: String(permit), from: iso(from), until: iso(until), ...rest })),
  site:
    site === null
      ? null
      : {
          ...site,
          observation: site.observation === null ? null : { from: iso(site.observation.from), until: iso(site.observation.until) },
          seals: site.seals.map(({ id, from, until }) => ({ id, from: isoOrNull(from), until: isoOrNull(until) })),
        },
  occupancy: occupancy.map(({ time, received, ...count }) => ({ time: iso(time), received: iso(received), ...count })),
  recomputation: recomputation.done ? { ...recomputation, from: recomputation.from === 0 ? null : iso(recomputation.from) } : recomputation,
})
