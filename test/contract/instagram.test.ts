import { contractSuite } from './contract-suite.ts'

contractSuite('instagram_facebook_login')
contractSuite('instagram_instagram_login')
