/** What is told of a part of a test or of a text: subtests and doctests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { everyPython, isTest, Workspace } from './support/pytest-run.js';

test('a failed subtest keeps its message and parameters', async (t) => {
  const python = everyPython().find(([what]) => Number(/\d+/.exec(what)?.[0]) >= 9)?.[1];
  if (python === undefined) return t.skip('no python3 here has pytest 9');
  const workspace = new Workspace(t, {
    'test_sub.py': `
import unittest
def test_many(subtests):
    for i in range(4):
        with subtests.test("odd", i=i): assert i % 2 == 0
class TestOld(unittest.TestCase):
    def test_old(self):
        with self.subTest(name="x"): self.fail("old")
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const { output } = await workspace.run([], { python });
  await daemon.disconnected();
  assert.deepEqual(
    daemon.events
      .filter(isTest)
      .map(({ fields }) => [fields['job_name'], fields['subtest']])
      .filter(([, subtest]) => subtest !== undefined),
    [
      ['test_sub.py::test_many [odd] (i=1)', '[odd] (i=1)'],
      ['test_sub.py::test_many [odd] (i=3)', '[odd] (i=3)'],
      ["test_sub.py::TestOld::test_old (name='x')", "(name='x')"],
    ],
    output,
  );
});

for (const [what, python] of everyPython()) {
  test(`the message of a doctest is its failure (${what})`, async (t) => {
    const workspace = new Workspace(t, {
      'shop.py': `
def total():
    """
    >>> 1 + 1
    3
    """
def broken():
    """
    >>> 1 / 0
    """
`,
    });
    const daemon = await FakeDaemon.listen(workspace.runtimeDir);
    t.after(() => daemon.stop());
    const { output } = await workspace.run(['--doctest-modules'], { python });
    await daemon.disconnected();
    assert.deepEqual(
      daemon.events
        .filter(isTest)
        .map(({ fields }) => [fields['job_name'], fields['message'], fields['line']])
        .sort(),
      [
        ['shop.py::shop.broken', "UNEXPECTED EXCEPTION: ZeroDivisionError('division by zero')", 9],
        ['shop.py::shop.total', 'Expected: 3 Got: 2', 4],
      ],
      output,
    );
  });
}
