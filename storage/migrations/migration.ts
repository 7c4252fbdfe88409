// One step of the schema. Numbers are never reused and a step that was released is never changed: a correction is a new step.
// Every statement may run twice (IF NOT EXISTS), because a crash between a step and its mark repeats the step.

export type MigrationContext = {
  /** Credentials clause of a dictionary's local source: empty for the embedded ClickHouse. */
  readonly sourceCredentials: string
}
export type Migration = { readonly version: number; readonly statements: (context: MigrationContext) => readonly string[] }
