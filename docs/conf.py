"""The documentation site: `make docs` builds it, warnings are errors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from activations import __version__  # after the extension's folder, for tools that sort what Sphinx reads first

project = "torch-activations"
author = "the authors of torch-activations"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "site_pages"]
exclude_patterns = ["site_pages", "_build"]

# myst
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3

# autodoc: the names that people import, in the words of their docstrings
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
default_role = "literal"
add_module_names = False

# furo; nothing is fetched from a network, so that the site opens from a folder too
html_theme = "furo"
html_title = "torch-activations"
html_math_renderer = "mathml"
html_show_search_summary = False  # summaries are fetched, which browsers refuse for files
html_copy_source = False
html_show_sourcelink = False
smartquotes = False  # "--x" is an option and no dash
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["site_pages/static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": False}
pygments_style = "friendly"
pygments_dark_style = "monokai"
suppress_warnings = ["myst.header"]
