"""What the pages bring beside themselves: our own script and style, and those of three packages.

Everything lies under one address that holds a digest of it all, so that browsers may keep it for
ever and meet nothing old beside something new. Only the files named here are served.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

from domain.refusal import NotFound

_STATIC = Path(__file__).parent / "static"
_PACKAGES = Path(__file__).parents[2] / "web" / "node_modules"

#: The files of the packages, by the name that they are served under.
_FROM_PACKAGES = {
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "cally.js": "cally/dist/cally.js",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
#: What is packed already.
_PACKED = frozenset({".png"})

PREFIX = "/assets"
_FOR_EVER = "public, max-age=31536000, immutable"


class AssetsMissing(Exception):
    """The packages of `web/package-lock.json` are not installed. Run `make run` or `make test`."""


@dataclass(frozen=True)
class Asset:
    """A file as it is sent, plain and packed."""

    media_type: str
    plain: bytes
    packed: bytes | None


class Assets:
    """The files, read once when the program starts."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._files = files
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name.encode() + b"\0" + hashlib.sha256(files[name].plain).digest())
        self._digest = digest.hexdigest()[:16]

    @classmethod
    def read(cls) -> "Assets":
        """Raises `AssetsMissing`."""
        found = {
            path.name: path for path in sorted(_STATIC.iterdir()) if path.suffix in _MEDIA_TYPES
        }
        found |= {name: _PACKAGES / path for name, path in _FROM_PACKAGES.items()}
        try:
            return cls({name: _asset(path) for name, path in found.items()})
        except FileNotFoundError:
            raise AssetsMissing("缺少網頁元件，請先執行 make run 或 make test 安裝。") from None

    def url(self, name: str) -> str:
        """The address of a file. Raises `KeyError` for one that is not served."""
        self._files[name]
        return f"{PREFIX}/{self._digest}/{name}"

    def size(self, name: str) -> int:
        """Bytes of a file on its way to a browser that takes it packed."""
        asset = self._files[name]
        return len(asset.plain if asset.packed is None else asset.packed)

    def answer(self, request: Request, digest: str, name: str) -> Response:
        """The file. Raises `NotFound` for another, and for one of another start of the program."""
        asset = self._files.get(name)
        if asset is None or digest != self._digest:
            raise NotFound
        headers = {"Cache-Control": _FOR_EVER}
        if asset.packed is None:
            return Response(asset.plain, media_type=asset.media_type, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.plain, media_type=asset.media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, media_type=asset.media_type, headers=headers)


def _asset(path: Path) -> Asset:
    plain = path.read_bytes()
    # Without a time in it, so that two servers of one version send the same bytes.
    packed = None if path.suffix in _PACKED else gzip.compress(plain, 9, mtime=0)
    return Asset(_MEDIA_TYPES[path.suffix], plain, packed)
