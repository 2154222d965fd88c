import { html, nothing, svg } from 'lit'
import { exact } from '../format.ts'
import './chart.css'

export type ChartPoint = { at: number; value: number }

const [width, height] = [600, 80]

/** An amount over time as steps: what held until each instant. The words around it say its ends. */
export function chart(options: {
  name: string
  points: ChartPoint[]
  /** Since when `points` speak: the end of none of them. */
  since: number
  /** The whole that the amount is part of, drawn as a line where it is near. */
  total?: number | undefined
  /** Another amount of the same kind, as a line of its own. */
  beside?: { name: string; points: ChartPoint[] }
  text(value: number): string
  /** What the greatest of the values is, such as "peak". */
  greatest: string
}) {
  const { name, points, since, total, beside, text, greatest } = options
  const peak = Math.max(0, ...points.map(({ value }) => value))
  const most = Math.max(peak, ...(beside?.points ?? []).map(({ value }) => value))
  const top = total !== undefined && total <= most * 3 ? Math.max(total, most) : most
  const last = points.at(-1)
  const until = last?.at ?? since
  const x = (at: number) => round(((at - since) / Math.max(1, until - since)) * width)
  const y = (value: number) => round(height - (top === 0 ? 0 : (value / top) * (height - 4)))
  const stepsOf = (all: ChartPoint[]) =>
    all.map(({ at, value }) => `V${y(value)}H${x(at)}`).join('')
  const steps = stepsOf(points)
  const besideNow = beside && `${beside.name} ${text(beside.points.at(-1)?.value ?? 0)}`
  const summary = `${name}: now ${text(last?.value ?? 0)}, ${greatest} ${text(peak)}${besideNow ? `, ${besideNow}` : ''}${total === undefined ? '' : ` of ${text(total)}`}`
  return html`<figure class="chart">
    <figcaption>
      <span>${name}</span>
      <span class="soft"
        >${greatest}
        ${text(peak)}${besideNow ? ` · ${besideNow}` : nothing}${total === undefined ? '' : ` · total ${text(total)}`}</span
      >
    </figcaption>
    <svg
      viewBox="0 0 ${width} ${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label=${summary}
    >
      <path class="area" d="M0 ${height}${steps}V${height}Z"></path>
      <path class="line" d="M0 ${y(points[0]?.value ?? 0)}${steps}"></path>
      ${beside ? svg`<path class="line beside" d="M0 ${y(beside.points[0]?.value ?? 0)}${stepsOf(beside.points)}"></path>` : nothing}
      ${total !== undefined && top >= total ? svg`<path class="total" d="M0 ${y(total)}H${width}"></path>` : nothing}
      ${points.map(({ at, value }, index) => {
        const from = x(points[index - 1]?.at ?? since)
        return svg`<rect class="hit" x=${from} width=${round(Math.max(0, x(at) - from))} height=${height}><title>${exact(at)}: ${text(value)}</title></rect>`
      })}
    </svg>
    <div class="ends"><time>${clock(since)}</time><time>${clock(until)}</time></div>
  </figure>`
}

/** Columns for days or other steps of equal weight, oldest first. */
export function columns(name: string, items: { label: string; value: number; text: string }[]) {
  const most = Math.max(0, ...items.map(({ value }) => value))
  const step = width / Math.max(1, items.length)
  const summary = `${name}: ${items.length} steps, at most ${items.find(({ value }) => value === most)?.text ?? '0'}`
  return html`<figure class="chart">
    <svg
      viewBox="0 0 ${width} ${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label=${summary}
    >
      <path class="base" d="M0 ${height}H${width}"></path>
      ${items.map(({ label, value, text }, index) => {
        const tall = most === 0 ? 0 : round((value / most) * (height - 4))
        const from = round(index * step + step * 0.12)
        return svg`<g><title>${label}: ${text}</title>
          <rect class="hit" x=${round(index * step)} width=${round(step)} height=${height}></rect>
          <rect class="column" x=${from} y=${height - tall} width=${round(step * 0.76)} height=${tall}></rect></g>`
      })}
    </svg>
    <div class="ends">
      <span>${items[0]?.label ?? ''}</span><span>${items.at(-1)?.label ?? ''}</span>
    </div>
  </figure>`
}

const round = (value: number): number => Math.round(value * 10) / 10

const clock = (at: number): string =>
  new Date(at).toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit' })
