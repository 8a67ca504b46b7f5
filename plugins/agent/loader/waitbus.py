"""Stands for waitbus.py, which lies beside this wheel, and becomes it.

Python keeps what it compiled of a module beside it, and runs what lies there without a look at the
module. Out of a wheel it keeps nothing, so what runs is the file itself.
"""

import os.path

__file__ = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "waitbus.py")
with open(__file__, "rb") as _file:
    exec(compile(_file.read(), __file__, "exec"))
