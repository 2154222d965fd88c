import { startForge } from '../../helpers/forgejo/double.ts'
import { makeForgeRepository } from '../../helpers/forgejo/forge.ts'
import { forgejoScenarios } from './forgejo-scenarios.ts'
import { providerContract } from './provider-contract.ts'

providerContract('forgejo', async () => makeForgeRepository(await startForge()))
forgejoScenarios(startForge)
