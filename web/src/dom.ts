// Building elements: one function, and setters that touch the document only where something differs. Text is always set as
// text, never as markup.

type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>
type Child = Node | string | null

export const h = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string') element.setAttribute(name, value)
  }
  for (const child of children) if (child !== null) element.append(child)
  return element
}

export const setText = (element: HTMLElement, text: string): void => {
  if (element.textContent !== text) element.textContent = text
}
export const setAttribute = (element: Element, name: string, value: string | undefined): void => {
  if (value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/** Puts `wanted` into `parent` in this order, moving only what is out of place and removing the rest. */
export const arrange = (parent: HTMLElement, wanted: readonly HTMLElement[]): void => {
  let at = parent.firstElementChild
  for (const element of wanted) {
    if (at === element) at = at.nextElementSibling
    else parent.insertBefore(element, at)
  }
  while (at !== null) {
    const next: Element | null = at.nextElementSibling
    at.remove()
    at = next
  }
}
