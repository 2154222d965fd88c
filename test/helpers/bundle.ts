import { bundle } from '../../scripts/bundle.ts'

/** What users run is made once, the dashboard included, before any test starts it. */
export default bundle
