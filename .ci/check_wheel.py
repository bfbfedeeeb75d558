"""Fail unless the wheel's top level holds the two packages and its metadata, and nothing else."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
top = {name.split("/")[0] for name in names}
packages = {name for name in top if not name.endswith(".dist-info")}
assert packages == {"activations", "activations_cli"}, f"unexpected top level: {sorted(top)}"
for data in (
    "py.typed",
    "expression/runtime.js",
    "render/page_assets/page.html",
    "fitting/fused/kernel/math.hpp",
    "fitting/fused/kernel/real.hpp",
    "fitting/fused/kernel/train.cpp",
    "fitting/suite/diabetes.csv",
    "scaffold/templates/command/test.py.template",
):
    assert f"activations/{data}" in names, f"{data} is missing"
print(f"top level: {', '.join(sorted(top))}; {len(names)} files")
