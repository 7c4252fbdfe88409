import { describe, expect, it } from 'vitest'
import { findKernels } from '../../bench/commands/kernels.ts'

// Every kernel at its smoke size. A hash that changed says that a part's result changed: that is meant (then record the new one
// here) or a bug. No time is asserted.

const HASHES: Readonly<Record<string, string>> = {
  apply: '001c801b5a75423a',
  'decode rows': '2ad929bf9bf5606a',
  'decode columns': '2ad929bf9bf5606a',
  'decode columns, verdicts, entry': '812cf47c052b9a3a',
  'log append, flushed': '2db45c7a989c2cc2',
  'encode Native block': '61582d8a13fd2981',
}

describe('benchmark kernels', async () => {
  const kernels = await findKernels()

  it('are all here', () => {
    expect(kernels.map(({ name }) => name).sort()).toEqual(Object.keys(HASHES).sort())
  })

  it.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s does the work that was recorded', async (name, kernel) => {
    const { hash, perSecond, bestPerSecond, calls } = await kernel.run('smoke')
    expect(hash).toBe(HASHES[name])
    expect(calls).toBeGreaterThan(0)
    expect(perSecond).toBeGreaterThan(0)
    expect(bestPerSecond).toBeGreaterThanOrEqual(perSecond)
  })
})
