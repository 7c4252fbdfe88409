import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The demo as a newcomer runs it: each line that it prints to paste must work as pasted, and Ctrl-C must end it.

const run = promisify(execFile)
const paste = (line: string): Promise<{ stdout: string }> => run('sh', ['-c', line], { timeout: 20_000 })
const folder = mkdtempSync(join(process.cwd(), '.sealstream-demo-test-'))
let demo: ChildProcess
let text = ''
const ended = (): Promise<number | null> => new Promise((resolve) => (demo.exitCode !== null ? resolve(demo.exitCode) : demo.once('exit', resolve)))
const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
  for (;;) {
    const found = pattern.exec(text)
    if (found !== null) return found
    if (demo.exitCode !== null) throw new Error(`the demo ended: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

beforeAll(async () => {
  demo = spawn(process.execPath, ['dist/main.js', 'demo', '--data', folder, '--sites', '200', '--duration', '5m'], { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [demo.stdout, demo.stderr]) stream?.setEncoding('utf8').on('data', (part: string) => (text += part))
  await until(/events\/s .* alarms open .* rows stored .* lag/)
}, 90_000)
afterAll(async () => {
  if (demo.exitCode === null) demo.kill('SIGKILL')
  await ended()
  rmSync(folder, { recursive: true, force: true })
})

describe('the demo', () => {
  it('prints an SQL line that answers', async () => {
    const [line] = await until(/^curl .*--data-binary.*$/m)
    const { stdout } = await paste(line)
    expect(stdout).toContain('HEARTBEAT')
  }, 30_000)
  it('prints a metrics line that answers', async () => {
    const [line] = await until(/^curl .*\/metrics.*$/m)
    expect((await paste(line)).stdout).toContain('sealstream_events_accepted_total')
  }, 30_000)
  it('prints a send line that works twice, and never a token', async () => {
    const [line] = await until(/^node dist\/main.js send .*$/m)
    expect((await paste(line)).stdout).toContain('is durable')
    expect((await paste(line)).stdout).toContain('is durable')
    expect(text).not.toMatch(/seal_[\w-]{20}/)
  }, 30_000)
  it('prints a link that signs in, once', async () => {
    const [, link = ''] = await until(/(http:\/\/\S+\?code=\S+)/)
    const first = await fetch(link, { redirect: 'manual' })
    expect(first.headers.get('set-cookie')).toContain('HttpOnly')
    const second = await fetch(link, { redirect: 'manual' })
    expect(second.headers.get('set-cookie') ?? '').not.toMatch(/=[\w-]{16}/)
  }, 30_000)
  it('raises an alarm within its first seconds, and ends cleanly on Ctrl-C', async () => {
    await until(/ [1-9]\d* alarms open/)
    demo.kill('SIGINT')
    expect(await ended()).toBe(0)
    expect(text).toContain('stopped. The data is in')
  }, 60_000)
})
