export { connectionWorkflow } from './connectionWorkflow.ts'
export { postWorkflow } from './postWorkflow.ts'
export { sweepWorkflow } from './sweepWorkflow.ts'
