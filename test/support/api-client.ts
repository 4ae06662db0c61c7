export {
  type ApiClient,
  ApiProblem,
  makeApiClient,
  type Reply,
  type WaitOptions,
} from '../../scripts/start/api-client.ts'
export { connectAccount, sandboxCredentials } from '../../scripts/start/connect.ts'
