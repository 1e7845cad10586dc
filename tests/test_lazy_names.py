"""A package hands on names from modules that are imported only when one of the names is asked for."""

import sys

import pytest

from genmarket_env.lazy_names import names_from


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "handing"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from genmarket_env.lazy_names import names_from\n__getattr__ = names_from(__name__, {'inner': ['thing']})\n"
    )
    (folder / "inner.py").write_text("thing = object()\n")
    (folder / "broken.py").write_text("import a_module_that_is_missing\n")
    monkeypatch.syspath_prepend(tmp_path)
    import handing

    yield handing
    for name in [name for name in sys.modules if name.partition(".")[0] == "handing"]:
        del sys.modules[name]


def test_a_name_imports_its_module_once(package):
    assert "handing.inner" not in sys.modules
    first = package.thing
    assert "handing.inner" in sys.modules
    assert vars(package)["thing"] is first is package.inner.thing


def test_modules_inside_are_found(package):
    assert package.inner.__name__ == "handing.inner"


def test_what_is_not_there_is_no_attribute(package):
    for name in ("nothing", "_inner", "__path_of_nothing__"):
        assert not hasattr(package, name)
    with pytest.raises(AttributeError, match="module 'handing' has no attribute 'nothing'"):
        package.nothing  # noqa: B018  # it is looked for when it is asked for


def test_a_module_that_needs_what_is_missing_says_so(package):
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_missing"):
        package.broken  # noqa: B018


def test_a_name_that_its_module_lacks_is_no_attribute(package):
    assert not hasattr(package, "other")
    find = names_from("handing", {"inner": ["other"]})
    with pytest.raises(AttributeError, match="other"):
        find("other")
