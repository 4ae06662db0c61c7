import { contractSuite } from './contract-suite.ts'

contractSuite('linkedin_page')
contractSuite('linkedin_member')
