"""What the README tells its readers to do works, and is what every change must pass."""

import re
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_blocks(language):
    return re.findall(rf"^```{language}\n(.*?)\n```$", README, flags=re.M | re.S)


def test_python_examples_run_in_order(capsys):
    blocks = code_blocks("python")
    assert len(blocks) == 4
    namespace = {}
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(compile(block, "README.md", "exec"), namespace)
    assert namespace["search"].score(namespace["X_test"], namespace["y_test"]) > 0.95
    said = capsys.readouterr().out.splitlines()
    promised = re.findall(r"^print\(.*\)  # (.+)$", "\n".join(blocks), flags=re.M)
    assert promised == [said[0], said[-1]]


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert "LICENSE" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_two_commands_do_everything_on_a_fresh_machine():
    run_the_example, run_the_tests = code_blocks("bash")
    install = "python3 -m venv .venv && .venv/bin/pip install -e "
    assert run_the_example.startswith(f"{install}. && ")
    assert run_the_tests.startswith(f'{install}".[test]" && ')
    assert (ROOT / run_the_example.split()[-1]).exists()
    for step in ("ruff check", "ruff format --check", "pytest"):
        assert f".venv/bin/{step}" in run_the_tests


def test_ci_runs_the_second_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"grep --max-count=1 '([^']+)' README\.md", script)
    _, run_the_tests = code_blocks("bash")
    (line,) = [line for line in README.splitlines() if re.search(pattern, line)]
    assert line == run_the_tests
