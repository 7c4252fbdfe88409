// A cursor names a place in the change stream: the partition, and the position of the last log entry whose changes were told.
// It is text and opaque to clients; today there is one partition, 0.

export type Cursor = { readonly partition: number; readonly position: number }
const CURSOR = /^(\d{1,6}):(\d{1,16})$/

export const formatCursor = (cursor: Cursor): string => `${cursor.partition}:${cursor.position}`

/** The cursor that `text` names, or undefined where it is none. */
export const parseCursor = (text: string): Cursor | undefined => {
  const match = CURSOR.exec(text)
  if (match === null) return undefined
  const position = Number(match[2])
  return Number.isSafeInteger(position) ? { partition: Number(match[1]), position } : undefined
}
