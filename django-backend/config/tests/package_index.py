"""A package index in a folder, with wheels and source packages made on the spot; pip reads it by its file address."""

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

# A build backend that writes its own version into what it builds.
_BACKEND = """
import pathlib, zipfile
def build_wheel(folder, settings=None, metadata=None):
    name, version = pathlib.Path("source.txt").read_text().split()
    file = f"{{name}}-{{version}}-py3-none-any.whl"
    info = f"{{name}}-{{version}}.dist-info"
    texts = {{
        f"{{name}}.py": "BUILT_BY = {version!r}",
        f"{{info}}/METADATA": f"Metadata-Version: 2.1\\nName: {{name}}\\nVersion: {{version}}\\n",
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    record = "".join(f"{{path}},,\\n" for path in [*texts, f"{{info}}/RECORD"])
    with zipfile.ZipFile(pathlib.Path(folder) / file, "w") as wheel:
        for path, text in {{**texts, f"{{info}}/RECORD": record}}.items():
            wheel.writestr(path, text)
    return file
"""


class PackageIndex:
    """What pip sees at `url`; `pin` writes a line of a requirements file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = folder.as_uri()
        self._files: dict[str, Path] = {}

    def add_wheel(self, name: str, version: str, *, metadata: str = "", **modules: str) -> None:
        """Publish a wheel; `metadata` are more lines of its METADATA, `modules` the texts of its modules."""
        info = f"{name}-{version}.dist-info"
        texts = {f"{path.replace('__', '/')}.py": text for path, text in modules.items()} | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},{_record_hash(text)}\n" for path, text in texts.items()) + f"{info}/RECORD,,\n"
        path = self._place(name) / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for inner, text in {**texts, f"{info}/RECORD": record}.items():
                wheel.writestr(inner, text)
        self._publish(name, version, path)

    def add_setuptools(self, version: str) -> None:
        """Publish a stand-in of setuptools: what it builds has a module whose BUILT_BY is this version."""
        self.add_wheel("setuptools", version, setuptools__build_meta=_BACKEND.format(version=version))

    def add_source(self, name: str, version: str) -> None:
        """Publish a package without a wheel, which setuptools has to build."""
        path = self._place(name) / f"{name}-{version}.tar.gz"
        texts = {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "source.txt": f"{name} {version}",
            "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        }
        with tarfile.open(path, "w:gz") as archive:
            for inner, text in texts.items():
                member = tarfile.TarInfo(f"{name}-{version}/{inner}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self._publish(name, version, path)

    def pin(self, name: str, version: str) -> str:
        """Return the line that Poetry exports for this package."""
        digest = hashlib.sha256(self._files[f"{name}=={version}"].read_bytes()).hexdigest()
        return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"

    def _place(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def _publish(self, name: str, version: str, path: Path) -> None:
        self._files[f"{name}=={version}"] = path
        page = self.folder / name / "index.html"
        links = page.read_text() if page.exists() else "<!DOCTYPE html>\n"
        page.write_text(f'{links}<a href="{path.name}">{path.name}</a>\n')


def _record_hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(text.encode())}"
