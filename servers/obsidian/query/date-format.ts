const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const token =
  /\[([^\]]*)\]|YYYY|YY|Qo|Q|MMMM|MMM|MM|Mo|M|DDDD|DDD|DD|Do|D|dddd|ddd|dd|do|d|E|e|GGGG|GG|gggg|gg|WW|Wo|W|ww|wo|w|HH|H|hh|h|kk|k|mm|m|ss|s|SSS|SS|S|A|a|ZZ|Z|X|x/g

/** A date in local time in the words of Moment's `format`, which Obsidian uses everywhere. English names. */
export function formatDate(date: Date, format: string): string {
  return format.replace(
    token,
    (found: string, literal: string | undefined) => literal ?? part(date, found),
  )
}

function part(date: Date, name: string): string {
  const hour = date.getHours()
  const dayOfYear = Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) -
      Date.UTC(date.getFullYear(), 0, 0)) /
      86_400_000,
  )
  const iso = isoWeek(date)
  const own = usWeek(date)
  const parts: Record<string, () => string> = {
    YYYY: () => String(date.getFullYear()).padStart(4, '0'),
    YY: () => two(date.getFullYear() % 100),
    Q: () => String(Math.floor(date.getMonth() / 3) + 1),
    Qo: () => ordinal(Math.floor(date.getMonth() / 3) + 1),
    MMMM: () => months[date.getMonth()] ?? '',
    MMM: () => (months[date.getMonth()] ?? '').slice(0, 3),
    MM: () => two(date.getMonth() + 1),
    Mo: () => ordinal(date.getMonth() + 1),
    M: () => String(date.getMonth() + 1),
    DDDD: () => String(dayOfYear).padStart(3, '0'),
    DDD: () => String(dayOfYear),
    DD: () => two(date.getDate()),
    Do: () => ordinal(date.getDate()),
    D: () => String(date.getDate()),
    dddd: () => days[date.getDay()] ?? '',
    ddd: () => (days[date.getDay()] ?? '').slice(0, 3),
    dd: () => (days[date.getDay()] ?? '').slice(0, 2),
    do: () => ordinal(date.getDay()),
    d: () => String(date.getDay()),
    e: () => String(date.getDay()),
    E: () => String(date.getDay() || 7),
    GGGG: () => String(iso.year),
    GG: () => two(iso.year % 100),
    gggg: () => String(own.year),
    gg: () => two(own.year % 100),
    WW: () => two(iso.week),
    Wo: () => ordinal(iso.week),
    W: () => String(iso.week),
    ww: () => two(own.week),
    wo: () => ordinal(own.week),
    w: () => String(own.week),
    HH: () => two(hour),
    H: () => String(hour),
    hh: () => two(hour % 12 || 12),
    h: () => String(hour % 12 || 12),
    kk: () => two(hour || 24),
    k: () => String(hour || 24),
    mm: () => two(date.getMinutes()),
    m: () => String(date.getMinutes()),
    ss: () => two(date.getSeconds()),
    s: () => String(date.getSeconds()),
    SSS: () => String(date.getMilliseconds()).padStart(3, '0'),
    SS: () => two(Math.floor(date.getMilliseconds() / 10)),
    S: () => String(Math.floor(date.getMilliseconds() / 100)),
    A: () => (hour < 12 ? 'AM' : 'PM'),
    a: () => (hour < 12 ? 'am' : 'pm'),
    Z: () => zone(date, ':'),
    ZZ: () => zone(date, ''),
    X: () => String(Math.floor(date.getTime() / 1000)),
    x: () => String(date.getTime()),
  }
  return parts[name]?.() ?? name
}

const two = (value: number) => String(value).padStart(2, '0')

function ordinal(value: number): string {
  const last = value % 10
  const isTeen = value % 100 >= 11 && value % 100 <= 13
  return `${value}${isTeen ? 'th' : last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`
}

function zone(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`
}

/** Week of ISO 8601: weeks begin on Monday, the first has the year's first Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()))
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7))
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  return {
    year: thursday.getUTCFullYear(),
    week: Math.ceil(((thursday.getTime() - start) / 86_400_000 + 1) / 7),
  }
}

/** Week of Moment's English locale: weeks begin on Sunday, the first has the first of January. */
function usWeek(date: Date): { year: number; week: number } {
  const saturday = new Date(
    Date.UTC(date.getFullYear(), date.getMonth(), date.getDate() + 6 - date.getDay()),
  )
  const start = Date.UTC(saturday.getUTCFullYear(), 0, 1)
  return {
    year: saturday.getUTCFullYear(),
    week: Math.ceil(((saturday.getTime() - start) / 86_400_000 + 1) / 7),
  }
}
