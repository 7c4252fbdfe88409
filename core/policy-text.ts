import { SITE_KIND, type SiteKindName } from './kinds.ts'
import { type KindPolicy, POLICY_DEFAULT, type WeekSchedule } from './policy.ts'
import { ESCALATIONS_MAX } from './policy-document.ts'
import { FLEET_PARAMETERS, type NumberSpec, PARAMETER_NAMES, PARAMETERS, type ParameterSpec } from './policy-parameters.ts'

// The parameters as tables for people: the rows of docs/policy.md, from the same table that documents are checked by.

const KINDS = Object.keys(SITE_KIND) as SiteKindName[]

export const policyTables = (): { readonly parameters: readonly string[]; readonly fleet: readonly string[] } => ({
  parameters: PARAMETER_NAMES.map((name) => {
    const { unit, meaning } = PARAMETERS[name]
    return row([`\`${name}\``, ...defaultsOf(name), unit, allowed(PARAMETERS[name]), meaning])
  }),
  fleet: (Object.keys(FLEET_PARAMETERS) as (keyof typeof FLEET_PARAMETERS)[]).map((name) => {
    const { unit, meaning } = FLEET_PARAMETERS[name]
    return row([`\`${name}\``, code(POLICY_DEFAULT[name]), unit, allowed(FLEET_PARAMETERS[name]), meaning])
  }),
})

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const code = (value: unknown): string => `\`${JSON.stringify(value)}\``

/** `=` where a kind has the first one's. */
const defaultsOf = (name: keyof KindPolicy): readonly string[] => {
  const values = KINDS.map((kind) => figureText(POLICY_DEFAULT.kinds[kind][name]))
  return values.map((value, at) => (at > 0 && values.every((other) => other === values[0]) ? '=' : value))
}
const figureText = (value: KindPolicy[keyof KindPolicy]): string =>
  Array.isArray(value) && value.every((day) => JSON.stringify(day) === JSON.stringify(value[0])) ? `every day ${code((value as WeekSchedule)[0])}` : code(value)

const allowed = (spec: ParameterSpec): string => {
  switch (spec.form) {
    case 'number':
      return numberText(spec)
    case 'flag':
      return 'true or false'
    case 'schedule':
      return 'seven days, or null: always open'
    case 'severity':
      return 'a severity or `off`, by alarm kind'
    case 'escalate':
      return `at most ${ESCALATIONS_MAX} rising times, by severity`
  }
}
const numberText = ({ min, max, whole, orNull }: NumberSpec): string => `${min} to ${max}${whole ? '' : ', also with a fraction'}${orNull ? ', or null' : ''}`
