/**
 * The rule `waitbus/no-unchecked-join`: what is joined to a root is a literal, or goes through
 * `below`, which asserts that it stays there. The first argument is the root and may be anything;
 * `resolve`, which an absolute name replaces the root of, takes one argument.
 */
const FUNCTIONS = new Set(['join', 'resolve']);
const MODULES = new Set(['node:path', 'path', 'node:path/posix', 'path/posix']);

const PLAIN = /^(?!\.{0,2}$)[^/\\\0]+$/;

/** @type {import('eslint').Rule.RuleModule} */
export const noUncheckedJoin = {
  meta: {
    type: 'problem',
    docs: { description: 'no name from outside becomes a path unchecked' },
    messages: {
      unchecked: '{{name}} takes an unchecked name; use below(root, name)',
      value: '{{name}} of node:path is called where it can be seen, or not used',
    },
    schema: [],
  },
  create(context) {
    const check = (node, name) => {
      const call = node.parent;
      if (call.type !== 'CallExpression' || call.callee !== node) {
        context.report({ node, messageId: 'value', data: { name } });
        return;
      }
      const [root, ...names] = call.arguments;
      const isPlain = ({ type, value }) =>
        type === 'Literal' && typeof value === 'string' && PLAIN.test(value);
      if (root?.type !== 'SpreadElement' && names.every(isPlain)) return;
      context.report({ node: call, messageId: 'unchecked', data: { name } });
    };
    return {
      ImportDeclaration(node) {
        if (!MODULES.has(node.source.value)) return;
        for (const specifier of node.specifiers) {
          const [variable] = context.sourceCode.getDeclaredVariables(specifier);
          const uses = (variable?.references ?? []).map(({ identifier }) => identifier);
          if (specifier.type === 'ImportSpecifier') {
            const name = specifier.imported.name ?? specifier.imported.value;
            if (FUNCTIONS.has(name)) for (const use of uses) check(use, name);
            continue;
          }
          for (const use of uses) {
            const { parent } = use;
            const isMember = parent.type === 'MemberExpression' && parent.object === use;
            const name = isMember && !parent.computed ? parent.property.name : null;
            if (name === null) {
              context.report({ node: use, messageId: 'value', data: { name: use.name } });
            } else if (FUNCTIONS.has(name)) check(parent, name);
          }
        }
      },
    };
  },
};
