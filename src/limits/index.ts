export { fromMs, toMs } from './duration.js';
export { fitsTogether } from './fitsTogether.js';
export type { Calibration, LineLimits, ModelLimits, WindowUse } from './ModelLimits.js';
export { defaultPriority, isPriority, type Priority } from './Priority.js';
export type { QuotaHeaders } from './QuotaHeaders.js';
export type { QuotaReport, WindowChange } from './QuotaReport.js';
export { type Cost, type RateWindow, toWindows, type Unit, type Window, windowName } from './RateWindow.js';
