"""Settings of the documentation. `make docs` builds it, without network."""

import sys
from pathlib import Path

import fokker

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
import inventories  # noqa: E402

project = "fokker"
author = "The fokker developers"
copyright = author
release = version = fokker.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "sphinx_design",
    "drawn",
    "katex_math",
    "names_in_backticks",
    "validation_pages",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
templates_path = ["_templates"]
exclude_patterns = ["_*", "gallery", "**/sg_execution_times.rst", "sg_execution_times.rst", "coming_from/*.py"]
nitpicky = True
language = "en"

# Markdown: formulas between dollars, anchors at headings, LaTeX environments
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

# API: one page a name, from the docstrings; numpydoc lays out their sections
autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"  # types are in the docstrings, in words
autodoc_member_order = "bysource"
default_role = "name"  # single backticks in docstrings, see _ext/names_in_backticks.py
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    **{name: f"fokker.errors.{name}" for name in vars(fokker.errors) if name.endswith(("Error", "Extra"))},
    **{name: f"fokker.{name}" for name in fokker.__all__ if name[0].isupper()},
    **{name: f"fokker.sgd.{name}" for name in fokker.sgd.__all__ if name[0].isupper()},
    "Example": "fokker.gallery.Example",
    "Axes": "matplotlib.axes.Axes",
}

# names of other projects, as text under inventories/
intersphinx_mapping = inventories.mapping(HERE / "inventories", HERE.parent / "build" / "docs" / "inventories")

# references: one file for the pages and for fokker.citation
bibtex_bibfiles = ["../fokker/references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

# gallery: the files of fokker/demos; an example whose assertion fails ends the build
sphinx_gallery_conf = {
    "examples_dirs": ["../fokker/demos"],
    "gallery_dirs": ["examples"],
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"__init__\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "plot_gallery": True,
    "capture_repr": (),
    "reset_modules": ("matplotlib",),
    "min_reported_time": 1.0,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "image_srcset": ["2x"],
    "thumbnail_size": (600, 300),
    "backreferences_dir": "reference/backreferences",
    "doc_module": ("fokker",),
    "inspect_global_variables": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "fokker"
html_sidebars = {page: [] for page in ("index", "start", "equation", "choosing", "limitations", "dictionary")}
html_static_path = ["_static"]
html_css_files = ["fokker.css"]
html_show_sourcelink = False
html_copy_source = False
html_math_renderer = "katex"
html_theme_options = {
    "logo": {"text": "fokker"},
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 12,
    # none beside wide tables; patterns must not overlap
    "secondary_sidebar_items": {"[!v]**": ["page-toc"], "validation/*": [], "coming_from/index": []},
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "show_prev_next": True,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = False
