declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool as PoolClass } from 'undici'
  const Pool: typeof PoolClass
  type Pool = PoolClass
  export default Pool
}
