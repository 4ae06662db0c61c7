import { contractSuite } from './contract-suite.ts'

contractSuite('google_business')
