// Text into HTML: a template whose every value is escaped unless it is HTML already. The one way by which this folder makes documents,
// so that nothing that came from outside (a reason, a note, a site's id) can be taken for markup.

export type Html = { readonly text: string; readonly isHtml: true }
export type HtmlValue = Html | string | number

const SPECIAL: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => SPECIAL[character] as string)

const raw = (text: string): Html => ({ text, isHtml: true })

export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  raw(parts.reduce((text, part, at) => `${text}${at === 0 ? '' : rendered(values[at - 1] as HtmlValue)}${part}`, ''))
const rendered = (value: HtmlValue): string => (typeof value === 'object' ? value.text : escaped(String(value)))

export const joined = (pieces: readonly Html[]): Html => raw(pieces.map(({ text }) => text).join('\n'))

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${joined(head.map((cell) => html`<th scope="col">${cell}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${joined(
          rows.map(
            (row) =>
              html`<tr>
                ${joined(row.map((cell) => html`<td>${cell}</td>`))}
              </tr>`,
          ),
        )}
      </tbody>
    </table>
  </div>`
