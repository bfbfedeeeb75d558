"""A benchmark's report: a page without a network, figures and tables, all made of the result alone."""

from activations.render.report.places import prepare_folder, report_paths
from activations.render.report.writing import write_report

__all__ = ["prepare_folder", "report_paths", "write_report"]
