"""Write ``index.html``, the playground as one file, from the sources in ``src``.

``python docs/playground/build.py`` does it; a test keeps the two in step. Each module goes into the
page once, after those it imports, without its ``import`` lines and ``export`` keywords: together
they are one module, in which a name that two of them have is an error of syntax.
"""

import re
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "src"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./([\w-]+\.mjs)";\n', flags=re.M)
STYLE = re.compile(r"/\* \{([\w-]+\.css)\} \*/")
EXPORT = re.compile(r"^export (?=(?:class|const|function) )", flags=re.M)


def bundle(name, done):
    """The text of a module and of all that it imports, except for those in ``done``."""
    if name in done:
        return ""
    done.add(name)
    source = (SOURCES / name).read_text(encoding="utf-8")
    imported = "".join(bundle(other, done) for other in IMPORT.findall(source))
    return imported + EXPORT.sub("", IMPORT.sub("", source)).strip() + "\n\n"


def page():
    """The page as one file.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If a module imports or exports in another way than the pattern knows.
    """
    script = bundle("main.mjs", set()).strip()
    if left := re.search(r"^(?:import|export) .*", script, flags=re.M):
        raise ValueError(f"build.py cannot inline the line {left[0]!r}.")
    html = (SOURCES / "page.html").read_text(encoding="utf-8")
    html = STYLE.sub(lambda name: (SOURCES / name[1]).read_text(encoding="utf-8").strip(), html)
    return html.replace("/* {main.mjs} */", script)


if __name__ == "__main__":
    (HERE / "index.html").write_text(page(), encoding="utf-8")
