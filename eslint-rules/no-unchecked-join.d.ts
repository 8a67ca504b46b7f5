/** The type of the rule, for the test of it. */
import type { Rule } from 'eslint';

declare const rule: Rule.RuleModule;
export default rule;
