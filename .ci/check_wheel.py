"""Fail unless the wheel's top level holds the two packages and its metadata, and nothing else."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
top = {name.split("/")[0] for name in names}
packages = {name for name in top if not name.endswith(".dist-info")}
assert packages == {"activations", "activations_cli"}, f"unexpected top level: {sorted(top)}"
assert "activations/py.typed" in names, "py.typed is missing"
print(f"top level: {', '.join(sorted(top))}; {len(names)} files")
