"""The playground's one file is what its sources make."""

import importlib.util
import re

import pytest


@pytest.fixture(name="build")
def _build(playground):
    spec = importlib.util.spec_from_file_location("playground_build", playground / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    return build


def test_the_page_is_in_step_with_its_sources(build, playground):
    built = (playground / "index.html").read_text(encoding="utf-8")
    assert built == build.page(), "run python docs/playground/build.py"


def test_the_page_stands_alone(build):
    page = build.page()
    assert re.findall(r"<(?:link|script|img|iframe)\b[^>]*\b(?:src|href)=\"(?!data:)", page) == []
    assert re.findall(r"@import|url\((?!data:)|\bfetch\(|XMLHttpRequest", page) == []


def test_every_source_is_in_the_page(build, playground):
    done = set()
    build.bundle("main.mjs", done)
    assert done == {path.name for path in (playground / "src").glob("*.mjs")}
    page = build.page()
    for path in (playground / "src").glob("*.css"):
        assert path.read_text(encoding="utf-8").strip() in page


def test_what_cannot_be_inlined_is_refused(build, tmp_path, monkeypatch):
    (tmp_path / "page.html").touch()
    (tmp_path / "main.mjs").write_text('import * as network from "./network.mjs";\n')
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    with pytest.raises(ValueError, match="cannot inline"):
        build.page()
