import { ref } from 'lit/directives/ref.js'
import './scroll-edges.css'

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) markEdges(target.closest('.scroll-edges > *') ?? target)
})

/**
 * Marks a box that scrolls inside a frame of class `scroll-edges`: the frame says at which edges more of
 * it is out of sight, which its style shows.
 */
export const scrollEdges = ref((box) => {
  if (!box) return
  box.addEventListener('scroll', () => markEdges(box), { passive: true })
  sizes.observe(box)
  if (box.firstElementChild) sizes.observe(box.firstElementChild)
})

function markEdges(box: Element): void {
  const { scrollLeft, scrollTop, clientWidth, clientHeight, scrollWidth, scrollHeight } = box
  const hidden = {
    left: scrollLeft,
    right: scrollWidth - clientWidth - scrollLeft,
    top: scrollTop,
    bottom: scrollHeight - clientHeight - scrollTop,
  }
  for (const [edge, px] of Object.entries(hidden))
    box.parentElement?.toggleAttribute(`data-${edge}`, px > 1)
}
