import { delimiter, join } from 'node:path'
import { makeProvidedRepository } from '../../helpers/radicle/person.ts'
import { providerContract } from './provider-contract.ts'

const double = join(import.meta.dirname, '../../helpers/radicle/double')
process.env.PATH = [double, process.env.PATH].join(delimiter)

providerContract('radicle', makeProvidedRepository)
