export { connectionWorkflow } from './connectionWorkflow.ts'
export { postWorkflow } from './postWorkflow.ts'
export { rotateKeysWorkflow } from './rotateKeysWorkflow.ts'
export { sweepWorkflow } from './sweepWorkflow.ts'
