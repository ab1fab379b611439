"""wheels.py SOURCES TARGET: packs each folder of SOURCES as a pure Python wheel.

A folder holds dist.json (name, version, scripts, requires) and the modules. Equal sources give equal bytes.
"""
import base64
import hashlib
import json
import pathlib
import sys
import zipfile


def record(name: str, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def build(folder: pathlib.Path, target: pathlib.Path) -> None:
    about = json.loads((folder / "dist.json").read_text())
    name, version = about["name"].replace("-", "_"), about["version"]
    info = f"{name}-{version}.dist-info"
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
    }
    metadata = f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {version}\nSummary: stand-in of the fleetctl lab\n"
    metadata += "".join(f"Requires-Dist: {item}\n" for item in about.get("requires", []))
    metadata += "".join(f"Provides-Extra: {item}\n" for item in about.get("extras", []))
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: fleetctl-lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    scripts = about.get("scripts", {})
    if scripts:
        lines = "".join(f"{script} = {entry}\n" for script, entry in sorted(scripts.items()))
        files[f"{info}/entry_points.txt"] = ("[console_scripts]\n" + lines).encode()
    listing = "".join(record(path, data) for path, data in sorted(files.items()))
    files[f"{info}/RECORD"] = (listing + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(target / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, data, zipfile.ZIP_DEFLATED)


sources, target = (pathlib.Path(argument) for argument in sys.argv[1:3])
for folder in sorted(sources.iterdir()):
    if (folder / "dist.json").exists():
        build(folder, target)
