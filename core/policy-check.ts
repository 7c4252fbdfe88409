import type { Policy } from './policy.ts'
import { type PolicyDocument, type PolicyProblem, readPolicy } from './policy-document.ts'
import { togetherProblems } from './policy-resolve.ts'

// All that is checked of a policy before it may become an entry of the log: its shape, then what its rules give together. Where nothing
// is wrong with it, it can be applied to any fleet.

export type CheckedPolicy =
  | { readonly kind: 'whole'; readonly document: PolicyDocument }
  | { readonly kind: 'wrong'; readonly problems: readonly PolicyProblem[] }

export const checkPolicy = (base: Policy, value: unknown): CheckedPolicy => {
  const read = readPolicy(value)
  if ('problems' in read) return { kind: 'wrong', problems: read.problems }
  const problems = togetherProblems(base, read.document)
  return problems.length > 0 ? { kind: 'wrong', problems } : { kind: 'whole', document: read.document }
}

/** The first few in one line. */
export const problemsText = (problems: readonly PolicyProblem[], told = 5): string => {
  const more = problems.length - told
  return `${problems
    .slice(0, told)
    .map(({ where, detail }) => `${where}: ${detail}`)
    .join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
