/** Makes a field as high as its text, for browsers that cannot do so by themselves. */
export function fitField(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
