import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Random } from '../random.ts'
import type { Owner, Time } from './time.ts'

// The simulated disk's folders, behind node:fs for every path below ROOT: production code that keeps snapshots and spools blocks runs on
// them unchanged. What a process has written is not yet flushed: a file's bytes are safe after fsync of the file, its name after fsync of
// its folder. A power loss takes back what is neither, each by chance: it may have reached the disk, or not, or half.

const ROOT = '/sealstream-dst'

type File = { kind: 'file'; bytes: Buffer; flushed: Buffer | null }
type Folder = { kind: 'folder'; names: Map<string, Node>; flushed: Map<string, Node> }
type Node = File | Folder
export type Folders = {
  readonly root: string
  /** Every write fails with this code while it is set. */
  fault: 'ENOSPC' | null
  readonly losePower: (random: Random) => void
  /** Flips one bit of the newest whole folder below `path`, and says which; undefined where there are fewer than two. */
  readonly damageNewest: (path: string, random: Random) => string | undefined
  readonly list: (path: string) => readonly string[]
  /** Whether any file's bytes hold this text. */
  readonly holds: (text: string) => boolean
}

let current:
  | { readonly root: Folder; readonly folders: Folders; readonly time: Time; readonly owner: () => Owner; readonly open: Map<number, Node> }
  | undefined
const folder = (): Folder => ({ kind: 'folder', names: new Map(), flushed: new Map() })

/** Makes an empty disk the one that paths below the returned root mean, until the next one is made. `owner`: whose process does I/O now. */
export const createFolders = (time: Time, owner: () => Owner): Folders => {
  const root = folder()
  const folders: Folders = {
    root: ROOT,
    fault: null,
    losePower: (random) => lose(root, random),
    damageNewest: (path, random) => damage(at(path), random),
    list: (path) => {
      const node = find(root, path)
      return node?.kind === 'folder' ? [...node.names.keys()].toSorted() : []
    },
    holds: (text) => holds(root, text),
  }
  const at = (path: string): Node | undefined => find(root, path)
  current = { root, folders, time, owner, open: new Map() }
  return folders
}

const partsOf = (path: string): string[] =>
  path
    .slice(ROOT.length)
    .split('/')
    .filter((part) => part !== '')
const find = (root: Folder, path: string): Node | undefined => {
  let node: Node | undefined = root
  for (const part of partsOf(path)) node = node?.kind === 'folder' ? node.names.get(part) : undefined
  return node
}
const parentOf = (root: Folder, path: string): { readonly parent: Folder; readonly name: string } => {
  const parts = partsOf(path)
  const name = parts.pop() ?? ''
  const parent = find(root, [ROOT, ...parts].join('/'))
  if (parent?.kind !== 'folder') throw failure('ENOENT', path)
  return { parent, name }
}
const failure = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${code === 'ENOSPC' ? 'no space left on device' : 'no such file or directory'}, '${path}'`), { code })

const lose = (node: Node, random: Random): void => {
  if (node.kind === 'file') {
    if (node.flushed?.equals(node.bytes) === true) return
    const fate = random.int(0, 3)
    if (fate === 0) return
    const kept = node.flushed ?? Buffer.alloc(0)
    node.bytes = fate === 1 ? kept : Buffer.from(node.bytes.subarray(0, Math.max(kept.length, random.int(0, node.bytes.length + 1))))
    node.flushed = node.bytes
    return
  }
  const names = new Set([...node.names.keys(), ...node.flushed.keys()])
  for (const name of [...names].toSorted()) {
    if (node.names.get(name) === node.flushed.get(name) || random.chance(0.5)) continue
    const before = node.flushed.get(name)
    if (before === undefined) node.names.delete(name)
    else node.names.set(name, before)
  }
  node.flushed = new Map(node.names)
  for (const child of node.names.values()) lose(child, random)
}
const damage = (node: Node | undefined, random: Random): string | undefined => {
  if (node?.kind !== 'folder') return undefined
  const whole = [...node.names]
    .filter(([name, child]) => child.kind === 'folder' && child.names.has('manifest') && !name.endsWith('.tmp'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const newest = whole.at(-1)
  if (newest === undefined || whole.length < 2) return undefined
  const files = [...(newest[1] as Folder).names].filter((entry): entry is [string, File] => entry[1].kind === 'file' && entry[1].bytes.length > 0)
  const [, file] = random.pick(files)
  const bytes = Buffer.from(file.bytes)
  const where = random.int(0, bytes.length)
  bytes[where] = (bytes[where] as number) ^ (1 << random.int(0, 8))
  file.bytes = bytes
  file.flushed = bytes
  return newest[0]
}
const holds = (node: Node, text: string): boolean =>
  node.kind === 'file' ? node.bytes.includes(text) : [...node.names.values()].some((child) => holds(child, text))

// From here on: node:fs, as far as production code needs it.

const MS_PER_CALL = 0.3
const io = <T>(what: () => T, ms = MS_PER_CALL): Promise<T> => {
  const { time, owner } = current as NonNullable<typeof current>
  return new Promise((resolve, reject) => {
    time.after(owner(), ms, () => {
      try {
        resolve(what())
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })
}
const base = (): Folder => (current as NonNullable<typeof current>).root
const nodeAt = (path: string): Node => {
  const node = find(base(), path)
  if (node === undefined) throw failure('ENOENT', path)
  return node
}
const fileAt = (path: string): File => {
  const node = nodeAt(path)
  if (node.kind !== 'file') throw failure('EISDIR', path)
  return node
}
const mayWrite = (path: string): void => {
  const fault = current?.folders.fault
  if (fault !== undefined && fault !== null) throw failure(fault, path)
}
const created = (path: string): File => {
  mayWrite(path)
  const { parent, name } = parentOf(base(), path)
  const file: File = { kind: 'file', bytes: Buffer.alloc(0), flushed: null }
  parent.names.set(name, file)
  return file
}
const removed = (path: string): void => {
  if (find(base(), path) === undefined) return
  const { parent, name } = parentOf(base(), path)
  parent.names.delete(name)
}
type Data = string | Uint8Array | readonly Uint8Array[]
const bytesOf = (data: Data): Buffer => (typeof data === 'string' ? Buffer.from(data) : data instanceof Uint8Array ? Buffer.from(data) : Buffer.concat(data))

const sync = {
  mkdirSync: (path: string): undefined => {
    mayWrite(path)
    let node = base()
    for (const part of partsOf(path)) {
      const next = node.names.get(part) ?? folder()
      node.names.set(part, next)
      if (next.kind === 'folder') node = next
    }
  },
  readdirSync: (path: string): string[] => {
    const node = nodeAt(path)
    return node.kind === 'folder' ? [...node.names.keys()] : []
  },
  rmSync: (path: string): void => removed(path),
  readFileSync: (path: string): string => fileAt(path).bytes.toString('utf8'),
  statSync: (path: string): { readonly size: number } => ({ size: fileAt(path).bytes.length }),
  openSync: (path: string): number => {
    const { open } = current as NonNullable<typeof current>
    const fd = FD_FIRST + open.size
    open.set(fd, nodeAt(path))
    return fd
  },
}
/** Above any real descriptor. */
const FD_FIRST = 1_000_000
const opened = (fd: number): Node | undefined => (fd >= FD_FIRST ? current?.open.get(fd) : undefined)
const byDescriptor = {
  readSync: (fd: number, into: Uint8Array, from: number, length: number, position: number): number => {
    const node = opened(fd) as File
    const piece = node.bytes.subarray(position, position + length)
    into.set(piece, from)
    return piece.length
  },
  closeSync: (): void => undefined,
  fsyncSync: (fd: number): void => {
    const node = opened(fd)
    if (node?.kind === 'folder') node.flushed = new Map(node.names)
    else if (node !== undefined) node.flushed = node.bytes
  },
}
const asynchronous = {
  writeFile: (path: string, data: Data, options: { readonly flush?: boolean } = {}): Promise<void> =>
    io(() => {
      const file = created(path)
      file.bytes = bytesOf(data)
      if (options.flush === true) file.flushed = file.bytes
    }),
  readFile: (path: string, encoding?: 'utf8'): Promise<Buffer | string> =>
    io(() => (encoding === undefined ? fileAt(path).bytes : fileAt(path).bytes.toString(encoding))),
  rm: (path: string): Promise<void> => io(() => removed(path)),
  rename: (from: string, to: string): Promise<void> =>
    io(() => {
      mayWrite(to)
      const node = nodeAt(from)
      removed(from)
      const { parent, name } = parentOf(base(), to)
      parent.names.set(name, node)
    }),
  open: async (path: string, flags: string): Promise<unknown> => {
    const file = await io(() => (flags === 'r' ? fileAt(path) : created(path)), 0.02)
    return {
      stat: () => Promise.resolve({ size: file.bytes.length }),
      read: (into: Uint8Array, from: number, length: number, position: number): Promise<{ readonly bytesRead: number }> =>
        io(() => {
          const piece = file.bytes.subarray(position, position + length)
          into.set(piece, from)
          return { bytesRead: piece.length }
        }, 0.02),
      write: (piece: Uint8Array, offset: number): Promise<{ readonly bytesWritten: number }> => {
        mayWrite(path)
        const more = piece.subarray(offset)
        file.bytes = Buffer.concat([file.bytes, more])
        return Promise.resolve({ bytesWritten: more.length })
      },
      datasync: (): Promise<void> =>
        io(() => {
          file.flushed = file.bytes
        }, 0.1),
      close: (): Promise<void> => Promise.resolve(),
    }
  },
}

/** Sends paths below ROOT to the simulated disk, once a process; all others go where they always went. */
export const installFolders = (): void => {
  const patch = (module: object, functions: Readonly<Record<string, unknown>>, concerns: (first: unknown) => boolean): void => {
    const host = module as Record<string, (...args: unknown[]) => unknown>
    for (const [name, virtual] of Object.entries(functions)) {
      const own = host[name] as (...args: unknown[]) => unknown
      host[name] = (...args) => (concerns(args[0]) ? (virtual as (...args: unknown[]) => unknown)(...args) : own(...args))
    }
  }
  const isOurs = (path: unknown): boolean => typeof path === 'string' && path.startsWith(ROOT)
  patch(fs, sync, isOurs)
  patch(fs, byDescriptor, (fd) => typeof fd === 'number' && fd >= FD_FIRST)
  patch(fsPromises, asynchronous, isOurs)
  syncBuiltinESMExports()
}
