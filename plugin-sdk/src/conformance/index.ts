/** The executable contract: what every source must keep, checked on a built package. */
export { checkConformance, type ConformanceOptions } from './check-conformance.js';
export {
  CHECK_IDS,
  lineOf,
  summaryOf,
  type CheckId,
  type CheckResult,
  type Report,
} from './report.js';
export type { ObservedRun, ProvokeContext, Scenario, SetupContext } from './scenario.js';
export { PATIENCE, type Patience } from './target.js';
