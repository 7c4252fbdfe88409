import type { AlarmBody } from '../../core/alarm-body.ts'

// What the page asks of the engine besides the stream. The session cookie says who asks.

export const acknowledge = async (id: string): Promise<boolean> => {
  try {
    const response = await fetch(`/v1/alarms/${encodeURIComponent(id)}/acknowledge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    return response.ok
  } catch {
    return false
  }
}

/** Alarms that closed before the page was opened; later ones come by the stream. None where the engine cannot tell now. */
export const closedAlarms = async (limit: number): Promise<readonly AlarmBody[]> => {
  try {
    const response = await fetch(`/v1/alarms?state=closed&limit=${limit}`)
    return response.ok ? ((await response.json()) as { readonly items: readonly AlarmBody[] }).items : []
  } catch {
    return []
  }
}

export type SignInResult = 'done' | 'refused' | 'unreachable'
export const signIn = async (token: string): Promise<SignInResult> => {
  try {
    const response = await fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) })
    return response.ok ? 'done' : 'refused'
  } catch {
    return 'unreachable'
  }
}

export const signOut = async (): Promise<void> => {
  try {
    await fetch('/session', { method: 'DELETE' })
  } catch {
    // The engine does not answer; the page it is asked for next says so.
  }
}
