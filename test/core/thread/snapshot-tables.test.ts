import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { POLICY_DEFAULT } from '../../../core/policy.ts'
import { WATCH_STATE } from '../../../core/state.ts'
import { attachHandle, createTable, type TableSchema } from '../../../core/table.ts'
import { createMachineState, restoreMachineState, SNAPSHOT_VERSION, snapshotParts } from '../../../core/thread/machine-state.ts'
import { restoreTable } from '../../../core/thread/snapshot-tables.ts'

// A newer engine reads an older snapshot; an older engine refuses a newer one, and says so.

const bytesOf = (buffer: SharedArrayBuffer): Uint8Array => new Uint8Array(buffer).slice()

describe('a table of an older snapshot', () => {
  const older = { count: 'u32', gone: 'f64', ring: ['u16', 3] } as const
  const table = createTable(older, 4)
  table.columns.count.set([1, 2, 3, 4])
  table.columns.gone.set([0.5, 0.5, 0.5, 0.5])
  table.columns.ring.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const stored = { schema: older as TableSchema, capacity: 4 }

  it('keeps what both know, by name; what is new is zero', () => {
    const newer = { added: 'u8', ring: ['u16', 3], count: 'u32' } as const
    const { columns, capacity } = attachHandle(newer, restoreTable('t', newer, stored, bytesOf(table.buffer)))
    expect(capacity).toBe(4)
    expect([...columns.count]).toEqual([1, 2, 3, 4])
    expect([...columns.ring]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect([...columns.added]).toEqual([0, 0, 0, 0])
  })
  it('is its own bytes where the layout is the same', () => {
    expect(bytesOf(restoreTable('t', older, stored, bytesOf(table.buffer)).buffer)).toEqual(bytesOf(table.buffer))
  })
  it('is refused where a column changed its cells, by its name', () => {
    expect(() => restoreTable('t', { count: 'f64' }, stored, bytesOf(table.buffer))).toThrow("a snapshot's column t.count is u32, this engine reads f64")
    expect(() => restoreTable('t', { ring: ['u16', 4] }, stored, bytesOf(table.buffer))).toThrow('t.ring')
  })
  it('is empty where the snapshot has no such table, and refused where its bytes are missing', () => {
    expect(new Uint8Array(restoreTable('t', older, undefined, undefined).buffer).every((byte) => byte === 0)).toBe(true)
    expect(() => restoreTable('t', older, stored, undefined)).toThrow('without the bytes of its table "t"')
  })
})

describe('a machine', () => {
  const packr = new Packr({ useRecords: false, mapsAsObjects: true })
  type Part = { version: number; tables: Record<string, { schema: Record<string, unknown>; capacity: number }> }
  const partsOf = (change: (part: Part, parts: Map<string, Uint8Array>) => void): Map<string, Uint8Array> => {
    const machine = createMachineState(POLICY_DEFAULT, 2)
    machine.state.watches.columns.batteryMv[5] = 3_333
    const parts = snapshotParts(machine)
    const part = packr.unpack(parts.get('machine') as Uint8Array) as Part
    change(part, parts)
    parts.set('machine', packr.pack(part))
    return parts
  }

  it('reads a snapshot of before a table and a column were added', () => {
    const parts = partsOf(({ tables }, all) => {
      delete tables['state-siteChecks']
      all.delete('state-siteChecks')
      const { flags: _, ...fewer } = WATCH_STATE
      const old = createTable(fewer, 64)
      old.columns.batteryMv[5] = 3_333
      tables['state-watches'] = { schema: fewer, capacity: 64 }
      all.set('state-watches', bytesOf(old.buffer))
    })
    const { state } = restoreMachineState(POLICY_DEFAULT, 2, parts)
    expect(state.watches.columns.batteryMv[5]).toBe(3_333)
    expect(state.watches.columns.flags[5]).toBe(0)
    expect(state.siteChecks.capacity).toBeGreaterThan(0)
  })
  it('refuses a snapshot of a newer engine, and names it', () => {
    const parts = partsOf((part) => {
      part.version = SNAPSHOT_VERSION + 1
    })
    expect(() => restoreMachineState(POLICY_DEFAULT, 2, parts)).toThrow(`snapshot version ${SNAPSHOT_VERSION + 1} was written by a newer engine`)
  })
})
