import { contractSuite } from './contract-suite.ts'

contractSuite('threads')
