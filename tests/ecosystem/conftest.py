"""The recipes of docs/user_guide/works_with.md, run as they stand there."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "works_with.md"


def recipes():
    """The Python code below each heading of the page, {heading: code}."""
    parts = re.split(r"^##+ (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    blocks = {
        heading: re.findall(r"^```python\n(.*?)^```$", text, flags=re.M | re.S)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {heading: "\n".join(found) for heading, found in blocks.items() if found}


@pytest.fixture(name="recipes", scope="session")
def _recipes():
    return recipes()


@pytest.fixture
def run_recipe(tmp_path, monkeypatch):
    """Run the recipe below a heading in an empty folder; returns the names that it defines."""

    def run(heading):
        monkeypatch.chdir(tmp_path)
        namespace = {"__name__": "recipe"}
        exec(compile(recipes()[heading], f"{PAGE.name}, {heading}", "exec"), namespace)
        return namespace

    return run


@pytest.fixture
def run_script(tmp_path):
    """Run a recipe and then ``checks`` as a script, in a process of its own with a time limit."""

    def run(heading, checks):
        checks = textwrap.indent(textwrap.dedent(checks), "    ")
        script = tmp_path / "script.py"
        code = f"{recipes()[heading]}\nif __name__ == '__main__':\n{checks}\n"
        script.write_text(code, encoding="utf-8")
        subprocess.run([sys.executable, script], cwd=tmp_path, check=True, timeout=300)

    return run
