import { signIn } from './api.ts'
import { h, setText } from './dom.ts'
import type { Text } from './text.ts'

// Shown where the session is over: a token may be pasted, the page then starts anew.

export const createSignIn = (text: Text, onLanguage: () => void): HTMLElement => {
  const problem = h('p', { class: 'problem', role: 'alert' })
  const token = h('input', { type: 'password', id: 'token', name: 'token', required: true, autocomplete: 'off', spellcheck: 'false' })
  const submit = async (): Promise<void> => {
    const result = await signIn(token.value.trim())
    if (result === 'done') location.replace('/')
    else setText(problem, text.signIn[result])
  }
  const form = h(
    'form',
    {
      class: 'sign-in',
      submit: (event) => {
        event.preventDefault()
        void submit()
      },
    },
    h('h2', {}, text.signIn.title),
    h('p', {}, text.signIn.hint),
    h('label', { for: 'token' }, text.signIn.token),
    token,
    problem,
    h('button', { type: 'submit', class: 'acknowledge' }, text.signIn.submit),
    h('button', { type: 'button', id: 'language', class: 'plain-button', 'aria-label': text.languageLabel, click: onLanguage }, text.language),
  )
  queueMicrotask(() => token.focus())
  return h('main', { class: 'signed-out' }, form)
}
