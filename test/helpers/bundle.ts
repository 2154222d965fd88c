import { bundle } from '../../scripts/bundle.ts'
import { unpackBrowser } from './browser.ts'

/** What users run is made once, the dashboard included, and the browser unpacked, before any test starts them. */
export default async function prepare(): Promise<void> {
  await bundle()
  await unpackBrowser()
}
