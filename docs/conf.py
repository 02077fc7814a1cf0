"""Sphinx configuration: ``sphinx-build -W --keep-going docs docs/_build/html``."""

import sys
from pathlib import Path
from shutil import copyfile
from urllib.request import urlopen

import skbackprop

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))

project = "skbackprop"
author = "skbackprop developers"
copyright = "skbackprop developers"
version = release = skbackprop.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "api_members",
    "enlarged_pictures",
    "gallery_thumbnails",
    "internal_links",
    "learning_pages",
    "offline_animations",
    "table_charts",
]
exclude_patterns = ["_build", "_extensions", "_templates", "auto_*/*.ipynb", "learn"]
templates_path = ["_templates"]
root_doc = "index"
language = "en"
default_role = "literal"
smartquotes = False  # code and its output are to be copied as they are
show_warning_types = True

# -- Markdown ----------------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_html_meta = {
    "description": "Neural networks for scikit-learn, whose backpropagation is written out in "
    "NumPy: a drop-in for MLPClassifier and MLPRegressor, autoencoders, and pages to learn from."
}

# -- Copy button -------------------------------------------------------------------------------

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# -- API ---------------------------------------------------------------------------------------

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
autodoc_member_order = "groupwise"
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False


def is_reachable(url):
    """Whether the inventory of another project can be fetched: the build works offline, too."""
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError:
        return False


intersphinx_mapping = {
    name: (url, None)
    for name, url in {
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "python": "https://docs.python.org/3/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "sklearn": "https://scikit-learn.org/stable/",
    }.items()
    if is_reachable(f"{url}objects.inv")
}

# -- Gallery -----------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": ["../examples", "learn"],
    "gallery_dirs": ["auto_examples", "auto_learn"],
    "filename_pattern": r"/(plot|\d)_",
    "copyfile_regex": r"index\.rst",
    "ignore_pattern": r"quickstart\.py",
    "within_subsection_order": "gallery_order.NarrativeOrder",
    "abort_on_example_error": True,
    "doc_module": ("skbackprop",),
    "reference_url": {"skbackprop": None},
    "backreferences_dir": "gen_modules/backreferences",
    "capture_repr": ("_repr_html_",),
    "ignore_repr_types": r"matplotlib\.animation",  # they are shown as animations
    "image_srcset": ["2x"],
    "matplotlib_animations": (True, "jshtml"),
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}

# Estimators shown in the gallery link to their pages here.
for _estimator in (
    skbackprop.BackpropAutoencoder,
    skbackprop.BackpropClassifier,
    skbackprop.BackpropOutlierDetector,
    skbackprop.BackpropRegressor,
):
    _estimator._doc_link_module = "skbackprop"
    _estimator._doc_link_template = "../generated/{estimator_module}.{estimator_name}.html"

# -- Pictures of the user guide ------------------------------------------------------------------

plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 150)]
plot_rcparams = {"savefig.bbox": "standard"}  # figures keep their size, and so their text

# -- HTML --------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = "skbackprop"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["skbackprop.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "skbackprop"},
    "show_prev_next": True,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {
        "*": ["page-toc"],
        "generated/*": ["page-toc"],
        "user_guide/*": ["page-toc"],
        "auto_examples/*": [],  # room for code
        "playground": [],
    },
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "header_links_before_dropdown": 6,
}
_WITHOUT_SIDEBAR = [
    "index",
    "playground",
    "getting_started",
    "mathematics",
    "differences",
    "performance",
    "contributing",
    "changelog",
]
html_sidebars = {page: [] for page in _WITHOUT_SIDEBAR}


def ship_playground(app):
    """Copy the playground, which is one file, to a folder of its own."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "playground"
        target.mkdir(parents=True, exist_ok=True)
        copyfile(DOCS / "playground" / "index.html", target / "index.html")


def setup(app):
    app.connect("builder-inited", ship_playground)
