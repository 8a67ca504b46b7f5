/** The lint rule that keeps unchecked names out of paths sees what it is for. */
import { test } from 'node:test';
import { RuleTester } from 'eslint';
import rule from '../../eslint-rules/no-unchecked-join.js';

RuleTester.describe = (_: string, work: () => void) => work();
RuleTester.it = (name: string, work: () => void) => void test(name, work);

const JOIN = "import { join } from 'node:path';";

new RuleTester().run('no-unchecked-join', rule, {
  valid: [
    `${JOIN} join(root, 'node_modules');`,
    `${JOIN} join(root, 'a', 'b.json');`,
    "import { resolve } from 'node:path'; resolve(file);",
    "import { below } from 'elsewhere'; below(root, name);",
    "names.join(', '); Promise.resolve(1);",
  ],
  invalid: [
    { code: `${JOIN} join(root, name);`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} join(root, 'a', name);`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} join(root, '..');`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} join(root, '../a');`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} join(root, \`\${name}\`);`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} join(...names);`, errors: [{ messageId: 'unchecked' }] },
    { code: `${JOIN} const also = join;`, errors: [{ messageId: 'value' }] },
    {
      code: "import { join as put } from 'path'; put(root, name);",
      errors: [{ messageId: 'unchecked' }],
    },
    {
      code: "import { resolve } from 'node:path'; resolve(cwd, name);",
      errors: [{ messageId: 'unchecked' }],
    },
    {
      code: "import * as path from 'node:path'; path.join(root, name);",
      errors: [{ messageId: 'unchecked' }],
    },
    {
      code: "import path from 'node:path'; path['join'](root, name);",
      errors: [{ messageId: 'value' }],
    },
  ],
});
