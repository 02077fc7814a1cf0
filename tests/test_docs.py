"""The documentation's examples run, and what it points to exists."""

import ast
import doctest
import importlib.util
import re
from pathlib import Path

import pytest
import sklearn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in PAGES.items()}
WITH_EXAMPLES = [name for name, text in TEXTS.items() if ">>>" in text]
INCLUDE = re.compile(r"^```\{literalinclude\} (\S+)\n((?::.*\n)*)```$", flags=re.M)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
@pytest.mark.filterwarnings("error::UserWarning")  # unless the page itself ignores it
def test_examples_of_a_page_run(name):
    if name == "differences.md" and not sklearn.__version__.startswith("1.9."):
        pytest.skip("the page shows what scikit-learn 1.9 does")
    text = re.sub(r"^```.*$", "", TEXTS[name], flags=re.M)
    examples = doctest.DocTestParser().get_doctest(text, {}, name, str(PAGES[name]), 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.DocTestRunner(optionflags=flags).run(examples)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_difference_names_its_tests():
    page = TEXTS["differences.md"]
    tests = (ROOT / "tests" / "test_differences.py").read_text(encoding="utf-8")
    sections = re.split(r"^### ", page, flags=re.M)[1:]
    assert [int(section.split(".")[0]) for section in sections] == list(range(1, 11))
    for number, section in enumerate(sections, 1):
        named = re.findall(r"`(test_(\d+)_\w+)`", section)
        assert named
        assert {int(n) for _, n in named} == {number}
        for name, _ in named:
            assert f"def {name}(" in tests, name


def included(path, options):
    """The lines that a ``literalinclude`` shows, or a failed assertion."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    if "pyobject" in options:
        node = ast.parse(source)
        for part in options["pyobject"].split("."):
            (node,) = (n for n in node.body if getattr(n, "name", None) == part)
        lines = lines[node.lineno - 1 : node.end_lineno]
    start, stop = 0, len(lines)
    for name, after in (("start-at", 0), ("start-after", 1)):
        if name in options:
            start = next(i for i, line in enumerate(lines) if options[name] in line) + after
    for name, after in (("end-at", 1), ("end-before", 0)):
        if name in options:
            place = (i for i, line in enumerate(lines) if i > start and options[name] in line)
            stop = next(place) + after
    return lines[start:stop]


def test_mathematics_includes_code_that_exists():
    includes = INCLUDE.findall(TEXTS["mathematics.md"])
    assert len(includes) == TEXTS["mathematics.md"].count("{literalinclude}") > 40
    for file, block in includes:
        options = dict(re.findall(r"^:([a-z-]+): *(.*?)$", block, flags=re.M))
        options = {name: value.strip("'\"") for name, value in options.items()}
        assert included(DOCS / file, options), (file, options)


@pytest.mark.parametrize(
    "equation, source, pyobject",
    [
        ("W^l + b^l", "layers/dense", "Dense.bind"),
        (r"(a^{l-1})^\top \delta^l", "layers/dense", "Dense.bind\n:start-at: delta"),
        (r"a^l = \sigma(z^l) $$", "layers/activate", "Activate.bind"),
        (r"\beta_1 m + (1 - \beta_1)\,g", "optimizers", "Adam.update"),
        (r"\frac{\alpha}{2\,b\,\bar w}", "training/objective", "Objective.value_and_gradient"),
        (
            r"\operatorname{mean}(u \odot \hat x)",
            "layers/layer_norm",
            "LayerNorm.bind\n:start-at: def input",
        ),
    ],
)
def test_equation_stands_before_its_code(equation, source, pyobject):
    page = TEXTS["mathematics.md"]
    code = page.index(
        f"core/{source}.py\n:caption: skbackprop/core/{source}.py\n:pyobject: {pyobject}"
    )
    assert 0 < code - page.index(equation) < 1200


@pytest.mark.parametrize("name", TEXTS)
def test_links_to_files_lead_somewhere(name):
    """...and those to generated pages begin as these do."""
    for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", TEXTS[name]):
        target = (PAGES[name].parent / link).resolve().relative_to(DOCS)
        if target.parts[:2] == ("auto_examples", "images"):
            script = re.fullmatch(r"sphx_glr_(\w+)_\d{3}\.png", target.name).group(1)
            assert (ROOT / "examples" / f"{script}.py").exists(), link
        elif target.parts[0] == "auto_examples":
            assert target.name == "index" or (ROOT / "examples" / f"{target.name}.py").exists(), (
                link
            )
        elif target.parts[0] == "auto_learn":
            assert target.name == "index" or (DOCS / "learn" / f"{target.name}.py").exists(), link
        elif target.parts[0] == "generated":
            assert re.fullmatch(r"skbackprop(\.\w+)+", target.name), link
        else:
            assert (DOCS / target).exists(), link


@pytest.fixture(scope="module")
def internal_links():
    pytest.importorskip("sphinx")
    path = DOCS / "_extensions" / "internal_links.py"
    spec = importlib.util.spec_from_file_location("internal_links", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_from_other_sites_are_found(internal_links, tmp_path):
    here = '<script src="_static/a.js"></script><img src="b.png"><a href="https://x.org/y.js">y</a>'
    icons = (
        '<link rel="stylesheet" href="https://x.org/icons.css"><link rel="next" href="//x.org/">'
    )
    (tmp_path / "a.html").write_text(here + icons + '<script src="//x.org/z.js"></script>')
    found = {link for _, link in internal_links.remote_files(tmp_path)}
    assert found == {"https://x.org/icons.css", "//x.org/z.js"}


def test_broken_links_of_built_pages_are_found(internal_links, tmp_path):
    (tmp_path / "pages").mkdir()
    good = '<h1 id="top">A</h1><a href="pages/b.html#end">b</a><a href="#top">up</a>'
    elsewhere = '<a href="https://scikit-learn.org/nothing">elsewhere</a>'
    (tmp_path / "a.html").write_text(good + elsewhere + '<a href="c.html">c</a>')
    (tmp_path / "pages" / "b.html").write_text(
        '<p id="end"><a href="../a.html#bottom">a</a><img src="b.png"></p>'
    )
    found = {(page.name, link) for page, link in internal_links.broken_links(tmp_path)}
    assert found == {("a.html", "c.html"), ("b.html", "../a.html#bottom"), ("b.html", "b.png")}
