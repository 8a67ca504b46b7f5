"""Loads waitbus_pytest.py, which lies beside this wheel, as a plugin of pytest.

Whatever keeps that from being loaded leaves pytest without the plugin, and in silence: `plugin` is
then a module with nothing in it. Any Python may get here, so this is readable by all of them.
PYTEST_DONT_REWRITE
"""

import os
import sys
import types

NAME = "waitbus_pytest"


def _load():
    try:
        if NAME in sys.modules:
            return sys.modules[NAME]
        import pytest

        if sys.version_info < (3, 8) or int(pytest.__version__.split(".")[0]) < 7:
            raise ImportError("it needs Python 3.8 and pytest 7")
        from importlib.machinery import SourceFileLoader
        from importlib.util import module_from_spec, spec_from_loader

        wheel = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(os.path.dirname(wheel), NAME + ".py")
        loader = SourceFileLoader(NAME, path)
        module = module_from_spec(spec_from_loader(NAME, loader))
        sys.modules[NAME] = module
        try:
            # Not get_code: it would run a compiled file that lies beside, whose bytes nobody checked.
            code = loader.source_to_code(loader.get_data(path), path)
            exec(_without_file(code), module.__dict__)
        except BaseException:
            sys.modules.pop(NAME, None)
            raise
        return module
    except Exception as error:
        if os.environ.get("WAITBUS_DEBUG") and sys.__stderr__ is not None:
            sys.__stderr__.write("waitbus_pytest: not loaded: %r\n" % (error,))
        return types.ModuleType(NAME + "_absent")


def _without_file(code):
    """The same code, of no file: what measures coverage or profiles a run then leaves it out."""
    inner = [_without_file(c) if isinstance(c, types.CodeType) else c for c in code.co_consts]
    return code.replace(co_filename="<%s>" % NAME, co_consts=tuple(inner))


plugin = _load()
