import { buildWeb } from '../../hub/cli/build-web.ts'

/** The dashboard is built once, before any test opens it. */
export default (): Promise<void> => buildWeb(() => undefined)
