"""Writes the wheel that `waitbus source env agent` puts on PYTHONPATH: `python3 loader/build.py`.

The same bytes every time: nothing is compressed, and no time or mode is recorded.
"""

import os
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
WHEEL = os.path.join(HERE, os.pardir, "python", "waitbus_loader-1-py3-none-any.whl")
INFO = "waitbus_loader-1.dist-info/"
FILES = {
    INFO + "METADATA": "Metadata-Version: 2.1\nName: waitbus-loader\nVersion: 1\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\nGenerator: waitbus\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}

if __name__ == "__main__":
    with open(os.path.join(HERE, "waitbus.py"), encoding="utf-8") as file:
        files = dict(FILES, **{"waitbus.py": file.read()})
    with zipfile.ZipFile(WHEEL, "w") as wheel:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o100644 << 16
            wheel.writestr(member, files[name])
