"""Writes the wheel that `waitbus source env pytest` puts on PYTHONPATH: `python3 loader/build.py`.

pytest finds the entry point in it. A wheel, because pip and what is built on it look into every
directory of PYTHONPATH, and would list, freeze or remove a package that nobody installed, but leave
wheels alone. The same bytes every time: nothing is compressed, and no time or mode is recorded.
"""

import os
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "waitbus_pytest_loader"
WHEEL = os.path.join(HERE, os.pardir, "python", NAME + "-1-py3-none-any.whl")
INFO = NAME + "-1.dist-info/"
FILES = {
    INFO + "METADATA": "Metadata-Version: 2.1\nName: waitbus-pytest-loader\nVersion: 1\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\nGenerator: waitbus\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    INFO + "entry_points.txt": "[pytest11]\nwaitbus_pytest = %s:plugin\n" % NAME,
}

if __name__ == "__main__":
    with open(os.path.join(HERE, NAME + ".py"), encoding="utf-8") as file:
        files = dict(FILES, **{NAME + ".py": file.read()})
    with zipfile.ZipFile(WHEEL, "w") as wheel:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o100644 << 16
            wheel.writestr(member, files[name])
