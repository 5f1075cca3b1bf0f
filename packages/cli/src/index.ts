export { main } from './main.js'
export { renderManual } from './manual.js'
