import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../parts/root.ts'

// `sealstream demo` as a person starts it: in a process group of its own, as a shell's job is, so that Ctrl-C reaches all of it.

export type DemoRun = {
  readonly text: () => string
  /** The first match in what it has printed, waited for until it ends. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Ctrl-C; resolves with its status. */
  readonly interrupt: () => Promise<number | null>
  /** Command lines of processes that work on its folder. */
  readonly processes: () => readonly string[]
  /** Kills what is left of it and deletes its data. */
  readonly clear: () => Promise<void>
}

const STEP_MS = 50

export const startDemo = (flags: readonly string[] = []): DemoRun => {
  // On the disk of the repository: /tmp may be memory.
  const folder = mkdtempSync(join(root, '.sealstream-demo-'))
  const demo: ChildProcess = spawn(process.execPath, ['dist/main.js', 'demo', '--data', folder, '--duration', '5m', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  for (const stream of [demo.stdout, demo.stderr]) stream?.setEncoding('utf8').on('data', (part: string) => (text += part))
  const isOver = (): boolean => demo.exitCode !== null || demo.signalCode !== null
  const ended = (): Promise<number | null> => new Promise((resolve) => (isOver() ? resolve(demo.exitCode) : demo.once('exit', resolve)))
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text)
      if (found !== null) return found
      if (isOver()) throw new Error(`the demo ended: ${text}`)
      await new Promise((resolve) => setTimeout(resolve, STEP_MS))
    }
  }
  return {
    text: () => text,
    printed,
    interrupt: () => {
      process.kill(-(demo.pid as number), 'SIGINT')
      return ended()
    },
    processes: () =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(folder)),
    clear: async () => {
      // SIGTERM first: the engine is in a group of its own and is stopped by the demo.
      if (!isOver()) demo.kill('SIGTERM')
      await ended()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
