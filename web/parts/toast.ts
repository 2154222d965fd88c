const shownMs = 4000

/** Says in passing that something was done. What has to be read, or answered, belongs on the page. */
export function toast(text: string): void {
  const place = document.querySelector('.toasts') ?? makePlace()
  const line = document.createElement('p')
  line.textContent = text
  place.replaceChildren(line)
  setTimeout(() => line.remove(), shownMs)
}

/** It is there before its text, which screen readers need to speak what comes into it. */
function makePlace(): Element {
  const place = document.createElement('div')
  place.className = 'toasts'
  place.role = 'status'
  document.body.append(place)
  return place
}
