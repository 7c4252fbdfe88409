import { expect, test } from 'vitest'
import { encodeChunks, encodeRows, RowError } from '../../storage/native.ts'
import { tableSpec } from '../../storage/tables.ts'
import { chunkOf } from './rig.ts'

const event = { seal: 1, site_key: 1, time: 1, received: 1, device_time: 0, kind: 1, value: -1, boot: 1, seq: 1, expires: 1 }

test('chunks go out without a copy: the buffers are views of the typed arrays', () => {
  const chunk = chunkOf('events', [event, event])
  const { rows, buffers } = encodeChunks(tableSpec('events'), [chunk, chunk], 7)
  expect(rows).toBe(4)
  for (const column of chunk.columns) expect(buffers.filter((buffer) => buffer.buffer === column.buffer)).toHaveLength(2)
})

test('a cell that cannot be right stops the block', () => {
  const events = tableSpec('events')
  for (const wrong of [{ kind: 0 }, { kind: 13 }, { expires: 0 }])
    expect(() => encodeChunks(events, [chunkOf('events', [event, { ...event, ...wrong }])], 1)).toThrow(RowError)
  const access = tableSpec('access')
  expect(() => encodeRows(access, [[Number.NaN, 'a', 'b', 'c', 'd', 'e']], 1)).toThrow(RowError)
  expect(() => encodeRows(access, [[1e15, 'a', 'b', 'c', 'd', 'e']], 1)).toThrow(RowError)
  const chunk = chunkOf('events', [event])
  expect(() => encodeChunks(events, [{ ...chunk, rows: 2 }], 1)).toThrow(RowError)
})

test('the bytes of a small block', () => {
  const { buffers } = encodeRows(tableSpec('access'), [[0, 'li', '', '', '', '']], 258)
  const bytes = Buffer.concat([...buffers])
  expect(bytes.subarray(0, 2)).toEqual(Buffer.from([7, 1]))
  expect(bytes.subarray(2, 27).toString('latin1')).toBe("\u0004time\u0014DateTime64(3, 'UTC')".slice(0, 25))
  expect(bytes.subarray(-8)).toEqual(Buffer.from([2, 1, 0, 0, 0, 0, 0, 0]))
})
