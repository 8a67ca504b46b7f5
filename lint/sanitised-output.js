/**
 * A lint rule: nobody writes to stdout or stderr but the modules that take out what steers a
 * terminal. It finds process.stdout and process.stderr wherever they are more than looked at, their
 * names taken out of process, descriptors 1 and 2 written to, and console.
 */

/** What may be asked of a stream anywhere: it writes nothing. */
const LOOKED_AT = new Set(['isTTY', 'columns', 'rows', 'writableLength', 'fd']);
const STREAMS = new Set(['stdout', 'stderr']);
const WRITERS = new Set(['write', 'writeSync', 'writeFileSync', 'writeFile', 'appendFileSync']);

const message =
  'Print with say, print and the like of cli/src/terminal/print.ts: they take out what steers a terminal.';

function nameOf(property, computed) {
  if (!computed) return property.name;
  return property.type === 'Literal' ? property.value : undefined;
}

function isProcess(node) {
  return node?.type === 'Identifier' && node.name === 'process';
}

/** @type {import('eslint').Rule.RuleModule} */
export const sanitisedOutput = {
  meta: { type: 'problem', schema: [], messages: { raw: message } },
  create(context) {
    const report = (node) => context.report({ node, messageId: 'raw' });
    return {
      MemberExpression(node) {
        if (node.object.type === 'Identifier' && node.object.name === 'console')
          return report(node);
        if (!isProcess(node.object)) return;
        const name = nameOf(node.property, node.computed);
        // A computed name may be either.
        if (name !== undefined && !STREAMS.has(name)) return;
        if (name === undefined && !node.computed) return;
        const { parent } = node;
        const looked =
          parent.type === 'MemberExpression' &&
          parent.object === node &&
          LOOKED_AT.has(nameOf(parent.property, parent.computed));
        if (!looked) report(node);
      },
      VariableDeclarator({ id, init }) {
        if (!isProcess(init) || id.type !== 'ObjectPattern') return;
        for (const one of id.properties) {
          if (one.type !== 'Property' || STREAMS.has(nameOf(one.key, one.computed))) report(one);
        }
      },
      CallExpression({ callee, arguments: [first] }) {
        const name = callee.type === 'MemberExpression' ? callee.property.name : callee.name;
        if (!WRITERS.has(name) || first?.type !== 'Literal') return;
        if (first.value === 1 || first.value === 2) report(first);
      },
      ImportDeclaration(node) {
        if (!/^(node:)?process$/.test(node.source.value)) return;
        for (const one of node.specifiers) {
          if (STREAMS.has(one.imported?.name)) report(one);
        }
      },
    };
  },
};
