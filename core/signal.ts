// What a detector tells the alarm desk: a condition began, was seen again, or ended. Packed as eleven f64 a signal, so that a
// thread's signals are one transferable array; the desk sorts those of one entry by (time, site, seal, kind, state, boot, seq, value): no order of arrival within an entry is left.

export const SIGNAL_STRIDE = 11
export const SIGNAL = {
  /** Index of the entry within the round. */
  entry: 0,
  /** ALARM number. */
  kind: 1,
  /** sealNo, or 0 for a condition of a site. */
  seal: 2,
  site: 3,
  /** watchNo, or 0: names seal, site and area in force. */
  watch: 4,
  /** SIGNAL_STATE */
  state: 5,
  /** Event time of what happened, Unix ms. */
  time: 6,
  /** What was measured. For `seen` of coalesced repeats: how many. */
  value: 7,
  /** The event's own identity within its seal, for alarms about one event (fever); 0, 0 otherwise. */
  boot: 8,
  seq: 9,
  /** 0: the kind's own severity; 1: one step lower (capacity's warning, a count of low confidence). */
  level: 10,
} as const
/** began: the condition holds from now. momentary: it happened and is over (a passage, a fever). again: seen `value` more times. ended: gone. level: still holds, at another level. */
export const SIGNAL_STATE = { began: 1, momentary: 2, again: 3, ended: 4, level: 5 } as const
